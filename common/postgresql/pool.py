"""Connections that the threads of a web process share, so that many threads may wait without one of their own.

Django keeps a connection for each thread. A web server's threads are many, since some wait (for their turn, for a
gateway); open connections should be few, since each costs PostgreSQL a process. So a thread takes one with its first
statement and gives it back at the end of the request, the one used last first: what it has prepared and cached is warm.
"""

import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

from django.db import OperationalError

from common.postgresql.prepared import Prepared
from common.postgresql.watch import Watch

# Told how long a thread waited for a connection, and whether it got one.
WhenWaited = Callable[[float, bool], object]


class Kept(NamedTuple):
    """A connection of the driver, ready for the next thread: in autocommit, its session as it was opened."""

    connection: Any
    prepared: Prepared
    close_at: float | None


class NoConnectionFree(OperationalError):
    """Everybody waits too long for the database as it is."""


class Pool:
    """At most `size` connections, in use and idle together; who finds none waits `wait_seconds` for one."""

    def __init__(self, size: int, *, wait_seconds: float, when_waited: WhenWaited) -> None:
        self._wait_seconds = wait_seconds
        self._when_waited = when_waited
        self._places = threading.BoundedSemaphore(size)
        self._idle: deque[Kept] = deque()
        self.watch = Watch(when_silent=self._close_idle)

    def take(self) -> Kept | None:
        """An idle connection that still stands, or None where the caller is to open one; a place is taken either way.

        Raises NoConnectionFree where there is neither in time.
        """
        if not self._places.acquire(blocking=False):
            self._wait()
        while self._idle:
            try:
                kept = self._idle.pop()
            except IndexError:  # another thread was quicker
                break
            if _stands(kept):
                return kept
            kept.connection.close()
        return None

    def _wait(self) -> None:
        began = time.monotonic()
        is_ours = self._places.acquire(timeout=self._wait_seconds)
        self._when_waited(time.monotonic() - began, is_ours)
        if not is_ours:
            raise NoConnectionFree(f"no connection to the database became free within {self._wait_seconds:g} s")

    def give_back(self, kept: Kept) -> None:
        """Take the connection back, for who needs the next one."""
        self.watch.end(kept.connection)
        self._idle.append(kept)
        self._places.release()

    def leave(self, connection: Any = None) -> None:
        """Free the place of a connection that is being closed, or was never opened."""
        if connection is not None:
            self.watch.end(connection)
        self._places.release()

    def _close_idle(self) -> None:
        with suppress(IndexError):
            while True:
                self._idle.pop().connection.close()


def _stands(kept: Kept) -> bool:
    young = kept.close_at is None or time.monotonic() < kept.close_at
    return young and not kept.connection.closed and is_silent(kept.connection)


def is_silent(connection: Any) -> bool:
    """Whether nothing has come in: between requests a server only says that it closes the connection."""
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    return not waiting.poll(0)


class _Pools:
    """The pools of this process by the alias of their database; none until somebody asks for them."""

    _when_waited: WhenWaited

    def __init__(self) -> None:
        self.switch_off()
        # A connection belongs to the process that opened it.
        os.register_at_fork(after_in_child=self._begin_anew)

    def switch_on(
        self, size: int, *, wait_seconds: float, when_waited: WhenWaited = lambda _seconds, _is_ours: None
    ) -> None:
        """Have each database's connections of this process shared, so many at most."""
        self._size, self._wait_seconds, self._when_waited = size, wait_seconds, when_waited
        self._begin_anew()

    def switch_off(self) -> None:
        """Let each thread have its own connection again, which is what Django does."""
        self._size, self._wait_seconds = 0, 0.0
        self._when_waited = lambda _seconds, _is_ours: None
        self._begin_anew()

    def of(self, alias: str) -> Pool | None:
        """The pool of the database, if connections are shared."""
        if not self._size:
            return None
        pool = self._pools.get(alias)
        if pool is None:
            with self._lock:
                new = Pool(self._size, wait_seconds=self._wait_seconds, when_waited=self._when_waited)
                pool = self._pools.setdefault(alias, new)
        return pool

    def _begin_anew(self) -> None:
        self._pools: dict[str, Pool] = {}
        self._lock = threading.Lock()


pools = _Pools()
