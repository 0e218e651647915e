"""A receiver of webhooks on the loopback address, which answers as a test wants and keeps what it took."""

import contextlib
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answering = Callable[[dict[str, Any]], int]  # the event in, the status out


@dataclass
class Receiver:
    """What came, in the order in which it came: every attempt with its status, headers and body."""

    url: str
    attempts: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    answering: Answering = lambda event: 200

    def taken(self) -> list[dict[str, Any]]:
        """The events that it said 2xx to."""
        return [json.loads(body) for status, _, body in self.attempts if status < 300]

    def resources(self) -> list[str]:
        return [event["resource"] for event in self.taken()]


@contextlib.contextmanager
def receiving(answering: Answering | None = None) -> Iterator[Receiver]:
    """Run a receiver until the block ends."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = receiver.answering(json.loads(body))
            with lock:
                receiver.attempts.append((status, dict(self.headers), body))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 128

        def handle_error(self, request: Any, client_address: Any) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    receiver = Receiver(f"http://127.0.0.1:{server.server_port}/hook?shop=1")
    if answering:
        receiver.answering = answering
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def is_signed(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """What docs/webhooks.md has receivers do."""
    signed = f"{headers['Webhook-Timestamp']}.".encode() + body
    expected = "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return any(hmac.compare_digest(expected, each) for each in headers["Webhook-Signature"].split())


def in_order(resources: Sequence[tuple[str, int]]) -> bool:
    """Whether the ids of each resource's events grow, each taken at its first time."""
    last: dict[str, int] = {}
    seen: set[int] = set()
    for resource, number in resources:
        if number in seen:
            continue
        seen.add(number)
        if number < last.get(resource, 0):
            return False
        last[resource] = number
    return True
