"""Stripe on this machine: localstripe behind a front that does what localstripe is too old for, and fails when told.

The front keeps idempotency keys as Stripe documents it (the first answer is sent again, other parameters are refused),
takes away the parameters that localstripe does not know, plays errors as documented, loses answers, keeps the webhooks
that localstripe sends.
"""

import contextlib
import json
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode

from config.embedded import any_free_port

SECRET_KEY = "sk_test_of_this_machine"
WEBHOOK_SECRET = "whsec_of_this_machine"
UNKNOWN_TO_LOCALSTRIPE = ("automatic_payment_methods", "description")
START_SECONDS = 30.0
# Without its habit to write a file in /tmp, and on the loopback interface only.
PROGRAM = """
import sys
from aiohttp import web
from localstripe import resources
resources.Store.dump_to_disk = lambda self: None
from localstripe.server import app
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
"""

ERRORS: dict[str, tuple[int, dict[str, Any]]] = {
    "key not accepted": (401, {"type": "invalid_request_error", "message": "Invalid API Key provided: sk_test_***"}),
    "too many requests": (429, {"type": "invalid_request_error", "code": "rate_limit", "message": "Too many requests"}),
    "fault": (500, {"type": "api_error", "message": "An unknown error occurred"}),
    "already refunded": (
        400,
        {
            "type": "invalid_request_error",
            "code": "charge_already_refunded",
            "message": "Charge ch_1 has already been refunded.",
        },
    ),
    "used otherwise": (
        400,
        {
            "type": "idempotency_error",
            "message": "Keys for idempotent requests can only be used with the parameters they were first used with.",
        },
    ),
}
DROP_ANSWER, DROP_REQUEST, HANG = "drop answer", "drop request", "hang"


@dataclass
class StripeServer:
    """The front, what it was asked and what it is to do next."""

    backend: str
    address: str = ""
    plans: list[tuple[str, str]] = field(default_factory=list)
    keys: dict[str, tuple[str, int, bytes]] = field(default_factory=dict)
    requests: list[tuple[str, str, str | None]] = field(default_factory=list)
    webhooks: list[tuple[str, bytes]] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    def plan(self, path_end: str, behaviour: str) -> None:
        """Have the next POST or GET whose path ends so go wrong."""
        self.plans.append((path_end, behaviour))

    def planned(self, path: str) -> str | None:
        """What is to go wrong with this request, once."""
        for index, (end, behaviour) in enumerate(self.plans):
            if path.endswith(end):
                del self.plans[index]
                return behaviour
        return None

    def asked(self, path_end: str) -> int:
        """How many POSTs had a path that ends so."""
        return sum(method == "POST" and path.endswith(path_end) for method, path, _ in self.requests)

    def call(self, method: str, path: str, **parameters: Any) -> Any:
        """Ask localstripe itself, as Stripe's dashboard or the client's browser would."""
        status, body = self.forward(method, f"/v1/{path}", json.dumps(parameters).encode())
        assert status == 200, body
        return json.loads(body)

    def send_webhooks(self) -> None:
        """Have localstripe sign and send its events to the front from now on."""
        told = json.dumps({"url": f"{self.address}/webhooks", "secret": WEBHOOK_SECRET}).encode()
        self.forward("POST", "/_config/webhooks/shop", told)

    def webhook_about(self, transaction_id: str) -> tuple[str, bytes]:
        """The header and body of the first webhook that names a transaction; localstripe sends it a second later."""
        told: list[tuple[str, bytes]] = []

        def has_come() -> bool:
            told[:] = [webhook for webhook in self.webhooks if transaction_id.encode() in webhook[1]]
            return bool(told)

        wait_for(has_come)
        return told[0]

    def forward(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        """One request to localstripe."""
        request = urllib.request.Request(  # noqa: S310 - our own server
            f"{self.backend}{path}",
            data=body if method == "POST" else None,
            headers={"Authorization": f"Bearer {SECRET_KEY}"},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=START_SECONDS) as answer:  # noqa: S310 - our own server
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()


class _Front(BaseHTTPRequestHandler):
    stripe: StripeServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._serve("GET", b"")

    def do_POST(self) -> None:
        self._serve("POST", self.rfile.read(int(self.headers.get("Content-Length", "0"))))

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _serve(self, method: str, body: bytes) -> None:
        path, key = self.path.partition("?")[0], self.headers.get("Idempotency-Key")
        if path == "/webhooks":
            self.stripe.webhooks.append((self.headers["Stripe-Signature"], body))
            return self._send(200, b"{}")
        self.stripe.requests.append((method, path, key))
        behaviour = self.stripe.planned(path)
        if behaviour in ERRORS:
            status, error = ERRORS[behaviour]
            return self._remember_and_send(key, body, status, json.dumps({"error": error}).encode())
        if behaviour == DROP_REQUEST:
            return self._hang_up()
        status, answer, was_replayed = self._answer(method, key, body)
        if behaviour == DROP_ANSWER:
            return self._hang_up()
        if behaviour == HANG:
            self.stripe.released.wait(START_SECONDS)
        return self._send(status, answer, was_replayed=was_replayed)

    def _answer(self, method: str, key: str | None, body: bytes) -> tuple[int, bytes, bool]:
        if method == "GET" or key is None:
            return *self.stripe.forward(method, self.path, body), False
        if key in self.stripe.keys:
            first, status, answer = self.stripe.keys[key]
            if first != body.decode():
                return 400, json.dumps({"error": ERRORS["used otherwise"][1]}).encode(), False
            return status, answer, True
        kept = [
            (name, value) for name, value in parse_qsl(body.decode()) if not name.startswith(UNKNOWN_TO_LOCALSTRIPE)
        ]
        status, answer = self.stripe.forward(method, self.path, urlencode(kept).encode())
        self.stripe.keys[key] = (body.decode(), status, answer)
        return status, answer, False

    def _remember_and_send(self, key: str | None, body: bytes, status: int, answer: bytes) -> None:
        """Stripe keeps faults under the key, but neither rate limits nor what it refused before it began."""
        if key is not None and status == 500:
            self.stripe.keys[key] = (body.decode(), status, answer)
        self._send(status, answer)

    def _hang_up(self) -> None:
        self.close_connection = True

    def _send(self, status: int, body: bytes, *, was_replayed: bool = False) -> None:
        with contextlib.suppress(OSError):  # the client may have given up
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Request-Id", "req_of_this_machine")
            if was_replayed:
                self.send_header("Idempotent-Replayed", "true")
            self.end_headers()
            self.wfile.write(body)


@contextlib.contextmanager
def running() -> Iterator[StripeServer]:
    """localstripe in a process of its own, and the front before it."""
    port = any_free_port()
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(port)])
    server = StripeServer(backend=f"http://127.0.0.1:{port}")
    front = ThreadingHTTPServer(("127.0.0.1", 0), type("Front", (_Front,), {"stripe": server}))
    front.daemon_threads = True
    server.address = f"http://127.0.0.1:{front.server_address[1]}"
    threading.Thread(target=front.serve_forever, daemon=True).start()
    try:
        wait_for(lambda: server.forward("GET", "/v1/events", b"")[0] == 200)
        yield server
    finally:
        server.released.set()
        front.shutdown()
        front.server_close()
        process.terminate()
        process.wait()


def wait_for(is_ready: Callable[[], bool]) -> None:
    """Return once it is; raises TimeoutError."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            if is_ready():
                return
        time.sleep(0.05)
    raise TimeoutError("localstripe is silent")
