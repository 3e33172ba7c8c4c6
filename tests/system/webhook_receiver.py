"""A webhook receiver on loopback, and the Standard Webhooks check written from its specification alone."""

import base64
import hashlib
import hmac
import http.server
import threading


class Receiver:
    """Answers each POST with the next of `answers` (the last one for ever) and keeps what it saw."""

    def __init__(self, *answers):
        self.answers = list(answers) or [200]
        self.seen = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.seen.append((dict(self.headers.items()), body))
                status = receiver.answers.pop(0) if len(receiver.answers) > 1 else receiver.answers[0]
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"
        self.thread = threading.Thread(target=self.server.serve_forever, args=[0.05], daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def headers_of(request):
    return {name.lower(): value for name, value in request[0].items()}


def signature(secret, request):
    """What the header must contain: v1, base64(HMAC-SHA256(key, id.timestamp.body))."""
    headers = headers_of(request)
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + request[1]
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def holds(secret, request):
    """The receiver's check: one of the signatures is ours."""
    given = headers_of(request)["webhook-signature"].split(" ")
    return any(hmac.compare_digest(one, signature(secret, request)) for one in given)
