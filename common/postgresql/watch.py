"""Notices a server that has gone silent while somebody waits for its answer.

A server that is stopped, or a proxy that swallows what it is sent, still acknowledges every packet: no time-out of
TCP's ends the wait, and the server's own time-outs need a server. What tells such silence from a long statement is
whether another connection can be opened at the same moment.
"""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import psycopg2
import structlog

logger = structlog.stdlib.get_logger(__name__)

PATIENCE_SECONDS = 3.0


class Watch:
    """The connections that are in use, and a thread that asks after the server once one has been so for long."""

    def __init__(self, when_silent: Callable[[], object]) -> None:
        self._when_silent = when_silent
        self._lock = threading.Lock()
        self._since: dict[Any, float] = {}
        self._busy = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self, connection: Any, reach: Callable[[], object]) -> None:
        """The connection is in use from now on; `reach` opens another one, or fails within the connect time-out."""
        with self._lock:
            self._since[connection] = time.monotonic()
            if self._thread is None:
                self._thread = threading.Thread(target=self._look, args=(reach,), name="database-watch", daemon=True)
                self._thread.start()
        self._busy.set()

    def end(self, connection: Any) -> None:
        """The connection is not in use any more, or about to be closed."""
        with self._lock:
            self._since.pop(connection, None)

    def _look(self, reach: Callable[[], object]) -> None:
        while True:
            self._busy.wait()
            time.sleep(1)
            if not self._since:
                self._busy.clear()
                if not self._since:  # else one came in between, and its news is lost
                    continue
                self._busy.set()
            if self._waiting_for_long() and not _answers(reach):
                self._give_up()

    def _waiting_for_long(self) -> list[Any]:
        latest = time.monotonic() - PATIENCE_SECONDS
        with self._lock:
            return [connection for connection, since in self._since.items() if since < latest]

    def _give_up(self) -> None:
        """End the wait of everybody who has waited so long: to them the server hangs up."""
        stuck = self._waiting_for_long()
        logger.error("database_silent", connections=len(stuck))
        self._end_wait_of(stuck)

    def hang_up(self) -> None:
        """End the wait of everybody: somebody else has found that the server does not answer."""
        with self._lock:
            stuck = list(self._since)
        self._end_wait_of(stuck)

    def _end_wait_of(self, stuck: Iterable[Any]) -> None:
        self._when_silent()
        with self._lock:
            for connection in stuck:
                if connection in self._since:  # so it is not being closed, and the descriptor is still its own
                    _hang_up(connection)


def _answers(reach: Callable[[], object]) -> bool:
    """Whether the server can be reached; one that has no room left can."""
    try:
        reach()
    except psycopg2.OperationalError as error:
        return "timeout" not in str(error)
    return True


def _hang_up(connection: Any) -> None:
    with suppress(OSError, psycopg2.Error), socket.socket(fileno=os.dup(connection.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)
