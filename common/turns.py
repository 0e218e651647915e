"""Turns: of the calls that would all want the same processor or the same rows, a few work while the others wait.

A sale brings more checkouts at once than a machine can work on. Worked on together they are no quicker, and whoever
wants only to look waits behind all of them. So they take turns, first come, first served, ahead of everything that
costs something: a waiting call has a thread, and no connection to the database.
"""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class BusyError(Exception):
    """No turn came in time, or too many wait already."""


class Turns:
    """At most `places` hold a turn, at most `waiting` wait for one, each at most `seconds`."""

    def __init__(self, *, places: int, waiting: int, seconds: float) -> None:
        self._free = places
        self._most_waiting = waiting
        self._seconds = seconds
        self._queue: deque[threading.Lock] = deque()
        self._lock = threading.Lock()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold a turn while the block runs; raises BusyError where none is to be had."""
        self.take()
        try:
            yield
        finally:
            self.give_back()

    def take(self) -> None:
        """Wait for a turn; raises BusyError where none is to be had."""
        with self._lock:
            if self._free:
                self._free -= 1
                return
            if len(self._queue) >= self._most_waiting:
                raise BusyError
            called = threading.Lock()
            called.acquire()
            self._queue.append(called)
        if not called.acquire(timeout=self._seconds):
            self._give_up(called)

    def give_back(self) -> None:
        """End a turn: it goes to who has waited longest."""
        with self._lock:
            if self._queue:
                self._queue.popleft().release()
            else:
                self._free += 1

    def waiting(self) -> int:
        """How many wait."""
        return len(self._queue)

    def _give_up(self, called: threading.Lock) -> None:
        with self._lock:
            if called not in self._queue:  # called at the last moment
                return
            self._queue.remove(called)
        raise BusyError
