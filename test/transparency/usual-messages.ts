/** Requests and answers that scripts of several messages are made of. */
export const POST = 'POST /olap HTTP/1.1\r\nHost: bi\r\n'
export const EXPECT = `${POST}Expect: 100-continue\r\nContent-Length: 5\r\n\r\n`
export const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n'
export const HEAD = 'HEAD /olap HTTP/1.1\r\nHost: bi\r\n\r\n'
export const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
export const TEN = 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n'
export const ENDLESS = 'HTTP/1.1 200 OK\r\nX: 1\r\n\r\n'

export const post = (body: string) => `${POST}Content-Length: ${body.length}\r\n\r\n${body}`
export const answer = (body: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`
export const NOT_MODIFIED = 'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n'
