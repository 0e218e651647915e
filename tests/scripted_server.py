"""A server on the loopback address that answers as a test scripts it, byte by byte, as no proper server would."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Script = Callable[[socket.socket, bytes], None]  # the connection, and the head of the request that came


@dataclass
class ScriptedServer:
    """What a test needs of it: the port, and the heads of the requests that came."""

    port: int
    requests: list[bytes] = field(default_factory=list)

    def url(self, path: str = "/boot.png", *, host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"


@contextlib.contextmanager
def scripted_server(script: Script, *, tls: ssl.SSLContext | None = None) -> Iterator[ScriptedServer]:
    """Answer each connection by the script until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)
        server = ScriptedServer(listener.getsockname()[1])
        stop = threading.Event()
        serving = threading.Thread(target=_serve, args=(listener, server, script, tls, stop), daemon=True)
        serving.start()
        try:
            yield server
        finally:
            stop.set()
            serving.join()


def answer(body: bytes, *, status: str = "200 OK", **headers: str) -> Script:
    """The script of a proper answer; header names are given with underscores."""
    named = {"Content-Length": str(len(body)), **{name.replace("_", "-"): value for name, value in headers.items()}}
    head = "".join(f"{name}: {value}\r\n" for name, value in named.items())

    def send(connection: socket.socket, request: bytes) -> None:
        connection.sendall(f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body)

    return send


def _serve(
    listener: socket.socket,
    server: ScriptedServer,
    script: Script,
    tls: ssl.SSLContext | None,
    stop: threading.Event,
) -> None:
    while not stop.is_set():
        try:
            connection, _ = listener.accept()
        except TimeoutError:
            continue
        threading.Thread(target=_answer, args=(connection, server, script, tls), daemon=True).start()


def _answer(connection: socket.socket, server: ScriptedServer, script: Script, tls: ssl.SSLContext | None) -> None:
    with contextlib.suppress(OSError), connection:
        connection.settimeout(10)
        talking = tls.wrap_socket(connection, server_side=True) if tls else connection
        with talking:
            head = b""
            while b"\r\n\r\n" not in head and (more := talking.recv(4096)):
                head += more
            server.requests.append(head)
            script(talking, head)
