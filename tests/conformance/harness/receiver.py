"""A merchant's webhook endpoint."""

import http.server
import threading


STOP_POLL_S = 0.02


class Receiver:
    def __init__(self):
        received, lock = [], threading.Lock()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with lock:
                    received.append((body, self.headers["Stripe-Signature"]))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        self._received, self._lock = received, lock
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(STOP_POLL_S,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"

    def take(self):
        """(body, Stripe-Signature) of all that has come so far."""
        with self._lock:
            return list(self._received)

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
