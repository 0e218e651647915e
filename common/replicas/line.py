"""A connection that asks a server how it stands, and waits for no answer longer than it says."""

import select
import time
from typing import Any

import psycopg2
from psycopg2.extensions import POLL_OK, POLL_WRITE

ANSWER_SECONDS = 2.0


class Line:
    """Opened when it is first used, and anew after each failure; for one thread."""

    def __init__(self, parameters: dict[str, Any], *, answer_seconds: float = ANSWER_SECONDS) -> None:
        self._parameters = parameters
        self._answer_seconds = answer_seconds
        self._connection: Any = None

    def ask(self, statement: str) -> tuple[Any, ...]:
        """The first row; raises psycopg2.Error where the server refuses, is away, or does not answer in time."""
        until = time.monotonic() + self._answer_seconds
        try:
            if self._connection is None:
                self._connection = psycopg2.connect(**self._parameters, async_=True)
                _wait(self._connection, until)
            cursor = self._connection.cursor()
            cursor.execute(statement)
            _wait(self._connection, until)
            row: tuple[Any, ...] = cursor.fetchone()
        except BaseException:
            self.close()
            raise
        return row

    def close(self) -> None:
        """Hang up."""
        opened, self._connection = self._connection, None
        if opened is not None:
            opened.close()


def _wait(connection: Any, until: float) -> None:
    while (state := connection.poll()) != POLL_OK:
        waiting = select.poll()
        waiting.register(connection.fileno(), select.POLLOUT if state == POLL_WRITE else select.POLLIN)
        if not waiting.poll(max(0.0, until - time.monotonic()) * 1000):
            raise psycopg2.OperationalError("timeout expired")
