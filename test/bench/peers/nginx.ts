/** Configurations of nginx, as the BI server and as a proxy. One process, no buffering of what can be streamed. */

function whole(folder: string, http: string): string {
  return `daemon off;
master_process off;
worker_processes 1;
error_log ${folder}/error.log warn;
pid ${folder}/nginx.pid;
events { worker_connections 1024; }
http {
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  access_log off;
  keepalive_requests 1000000000;
  client_body_buffer_size 64k;
${http}
}
`
}

/** Answers whatever is asked with the file `answer.xml` of the folder. */
export function upstream(folder: string, port: number): string {
  return whole(
    folder,
    `  sendfile on;
  open_file_cache max=10;
  server {
    listen 127.0.0.1:${port};
    root ${folder};
    default_type text/xml;
    location / { error_page 405 =200 /answer.xml; try_files /answer.xml =404; }
  }`,
  )
}

export function proxy(folder: string, port: number, to: number, logs: boolean): string {
  const log = `  log_format bodies escape=json '$time_iso8601 $remote_user "$request" $status $request_body';\n`
  return whole(
    folder,
    `${log}  upstream bi { server 127.0.0.1:${to}; keepalive 256; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port};
    ${logs ? `access_log ${folder}/bodies.log bodies;` : ''}
    location / { proxy_pass http://bi; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffers 8 32k; }
  }`,
  )
}
