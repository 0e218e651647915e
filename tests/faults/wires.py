"""A wire to a server that can be cut, or go silent, while both ends stay."""

import contextlib
import selectors
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from config.embedded import LOOPBACK

CHUNK = 65536


class Wire:
    """Carries connections to a port of this machine; `port` is its own end."""

    def __init__(self, target: int) -> None:
        self.target = target
        self._listener: socket.socket | None = socket.create_server((LOOPBACK, 0), backlog=512)
        self.port: int = self._listener.getsockname()[1]
        self._is_silent = threading.Event()
        self._open: list[socket.socket] = []
        self._serve(self._listener)

    def cut(self) -> None:
        """Refuse connections and end those there are, as a server that was stopped does."""
        if self._listener:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        self._end_all()

    def silence(self) -> None:
        """Accept everything and answer nothing any more."""
        self._is_silent.set()

    def heal(self) -> None:
        """Carry again; what was said into the silence is lost, and its connections end."""
        self._is_silent.clear()
        self._end_all()
        if self._listener is None:
            self._listener = socket.create_server((LOOPBACK, self.port), backlog=512)
            self._serve(self._listener)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()

    def _end_all(self) -> None:
        while self._open:
            with contextlib.suppress(OSError):
                self._open.pop().shutdown(socket.SHUT_RDWR)

    def _serve(self, listener: socket.socket) -> None:
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            self._open.append(client)
            threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        with (
            client,
            contextlib.suppress(OSError),
            socket.create_connection((LOOPBACK, self.target)) as server,
            selectors.DefaultSelector() as selector,
        ):
            selector.register(client, selectors.EVENT_READ, server)
            selector.register(server, selectors.EVENT_READ, client)
            for said, hearer in _said(selector):
                if not said:
                    return
                if not self._is_silent.is_set():
                    hearer.sendall(said)


def _said(selector: selectors.BaseSelector) -> Iterator[tuple[bytes, socket.socket]]:
    while True:
        for key, _ in selector.select():
            assert isinstance(key.fileobj, socket.socket)
            yield key.fileobj.recv(CHUNK), key.data


@contextmanager
def wire_to(port: int) -> Iterator[Wire]:
    """A wire that is cut in the end."""
    with Wire(port) as wire:
        yield wire
