"""Tells a shop of views at a given rate, from a process of its own: as cheap as Python can, over bare sockets.

`python -m tests.proofs.view_load PORT RATE SECONDS PRODUCTS` prints what came of it as JSON.
"""

import json
import selectors
import socket
import sys
import time
from collections import deque

CONNECTIONS = 32
LOOPBACK = "127.0.0.1"

REQUEST = (
    "POST /api/v1/analytics/product-views/ HTTP/1.1\r\n"
    "Host: 127.0.0.1\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n"
    "Accept: */*\r\n"
    "Content-Type: application/json\r\n"
    "X-Visitor-ID: %08x-0000-4000-8000-%012x\r\n"
    "Content-Length: %d\r\n\r\n%s"
)


class Load:
    """Views of different visitors, each begun at its time or as soon as a connection is free."""

    def __init__(self, port: int, products: list[str]) -> None:
        self.bodies = [json.dumps({"product": product, "referrer": "https://search.example/"}) for product in products]
        self.run = time.time_ns() // 1_000_000
        self.sent = self.taken = self.refused = 0
        self.seconds: list[float] = []
        self.selector = selectors.DefaultSelector()
        self.idle: deque[socket.socket] = deque()
        self.began: dict[socket.socket, float] = {}
        for _ in range(CONNECTIONS):
            connection = socket.create_connection((LOOPBACK, port))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.selector.register(connection, selectors.EVENT_READ)
            self.idle.append(connection)

    def go_on(self, rate: float, seconds: float) -> float:
        """Tell of views for so long at the rate; returns how many seconds it took to have them all answered."""
        began, whole = time.perf_counter(), int(rate * seconds)
        while self.sent < whole or self.began:
            now = time.perf_counter()
            due = min(whole, int((now - began) * rate)) - self.sent
            while due > 0 and self.idle:
                self._send(self.idle.popleft(), now)
                due -= 1
            for key, _ in self.selector.select(0.001 if self.sent < whole else 1):
                assert isinstance(key.fileobj, socket.socket)
                self._receive(key.fileobj)
        return time.perf_counter() - began

    def _send(self, connection: socket.socket, now: float) -> None:
        body = self.bodies[self.sent % len(self.bodies)]
        connection.sendall((REQUEST % (self.sent, self.run, len(body), body)).encode())
        self.sent += 1
        self.began[connection] = now

    def _receive(self, connection: socket.socket) -> None:
        answer = connection.recv(65_536)
        if not answer:
            raise ConnectionError("the shop hung up")
        self.seconds.append(time.perf_counter() - self.began.pop(connection))
        if answer.startswith(b"HTTP/1.1 202"):
            self.taken += 1
        else:
            self.refused += 1
        self.idle.append(connection)


def percentile(values: list[float], share: float) -> float:
    """The value that so large a share of them does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def main(port: str, rate: str, seconds: str, products: str) -> None:
    load = Load(int(port), products.split(","))
    took = load.go_on(float(rate), float(seconds))
    outcome = {
        "taken": load.taken,
        "refused": load.refused,
        "rate": load.taken / took,
        "p50_ms": 1_000 * percentile(load.seconds, 0.5),
        "p99_ms": 1_000 * percentile(load.seconds, 0.99),
        "processor_seconds": time.process_time(),
    }
    sys.stdout.write(f"{json.dumps(outcome)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
