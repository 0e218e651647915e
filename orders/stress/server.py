"""A web server of the proof's own, on a free port, for as long as the proof runs."""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator

from django.conf import settings

READY_SECONDS = 60.0


class ServerDidNotStart(Exception):
    """The web server gave no answer in time."""


@contextlib.contextmanager
def own_server(*, workers: int) -> Iterator[str]:
    """The shop's address behind a granian with so many workers; it ends with the context."""
    port = _free_port()
    module, _, name = settings.WSGI_APPLICATION.rpartition(".")
    arguments = ["granian", "--interface", "wsgi", f"{module}:{name}", "--host", "127.0.0.1", "--port", str(port)]
    arguments += ["--workers", str(workers), "--blocking-threads", "128", "--no-ws", "--log-level", "warning"]
    server = subprocess.Popen(
        [sys.executable, "-m", *arguments],
        cwd=settings.BASE_DIR,
        env={**os.environ, **{f"LIMIT_{scope}": "off" for scope in settings.LIMITS}},  # all buyers are one address
        stdout=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_for(url, server)
        yield url
    finally:
        server.terminate()
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"{url}/healthz", timeout=5) as answer,  # noqa: S310 - our own server
        ):
            if answer.status == 200:
                return
        time.sleep(0.1)
    raise ServerDidNotStart("The web server did not start; --url names one that runs.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
