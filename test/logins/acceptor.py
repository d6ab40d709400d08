#!/usr/bin/python3
"""A web server that lets in whom MIT's GSS-API lets in, each request by itself, and says who it is. Prints its port;
its keys are those of KRB5_KTNAME."""
import base64
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import gssapi


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def handle_one(self):
        body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        scheme, _, token = (self.headers.get('Authorization') or '').partition(' ')
        if scheme.lower() != 'negotiate':
            return self.say(401, b'who?', 'Negotiate')
        try:
            context = gssapi.SecurityContext(creds=gssapi.Credentials(usage='accept'), usage='accept')
            answer = context.step(base64.b64decode(token))
            name = str(context.initiator_name) if context.complete else None
        except gssapi.exceptions.GSSError as error:
            print('refused', error, file=sys.stderr, flush=True)
            return self.say(401, b'no', 'Negotiate')
        if name is None:
            return self.say(401, b'go on', 'Negotiate ' + base64.b64encode(answer).decode())
        told = 'Negotiate ' + base64.b64encode(answer).decode() if answer else None
        return self.say(200, name.encode(), told)

    do_GET = do_POST = handle_one

    def say(self, status, body, challenge):
        self.send_response(status)
        if challenge:
            self.send_header('WWW-Authenticate', challenge)
        self.send_header('Content-Type', 'text/plain')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
