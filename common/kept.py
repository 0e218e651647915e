"""Bytes that were made once and are kept: in the process, and in the cache that all processes share.

A key says all that its bytes were made of, versions of rows included. So nothing kept is ever stale, nothing is ever
invalidated, and losing all of it costs only the time to make it again.
"""

import time
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import redis
from django.conf import settings
from django.db import connection

from common.memory import Memory

PAUSE_SECONDS = 2.0  # after the cache did not answer, so that not every request waits for it
OVERHEAD = 200  # bytes of a key, and of both in a dictionary, beside the value

_memory: Memory[str, bytes] = Memory(settings.KEPT_MEGABYTES * 1_000_000, weight=lambda value: len(value) + OVERHEAD)


class Made(NamedTuple):
    """What was made, its key, and for how long the cache is to keep it."""

    key: str
    value: bytes
    seconds: int


class _Shared:
    """The cache, asked in one round trip; away, it is left alone for a moment."""

    def __init__(self) -> None:
        timeout = settings.REDIS_TIMEOUT_SECONDS
        self._client = redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=timeout, socket_connect_timeout=timeout, retry=None
        )
        self._closed_until = 0.0

    def get_many(self, keys: Collection[str]) -> dict[str, bytes]:
        if time.monotonic() < self._closed_until:
            return {}
        try:
            found: Any = self._client.mget(keys)
        except redis.RedisError:
            self._pause()
            return {}
        return {key: value for key, value in zip(keys, found, strict=True) if value is not None}

    def put_many(self, made: Sequence[Made]) -> None:
        if time.monotonic() < self._closed_until:
            return
        try:
            with self._client.pipeline(transaction=False) as pipeline:
                for each in made:
                    pipeline.set(each.key, each.value, ex=each.seconds)
                pipeline.execute()
        except redis.RedisError:
            self._pause()

    def _pause(self) -> None:
        self._closed_until = time.monotonic() + PAUSE_SECONDS


_shared = _Shared()


def get_kept(keys: Collection[str]) -> dict[str, bytes]:
    """What is kept of these; at most one round trip to the cache, and none where the process has them all."""
    found = {key: value for key in keys if (value := _memory.get(key)) is not None}
    if len(found) < len(keys):
        shared = _shared.get_many([key for key in keys if key not in found])
        for key, value in shared.items():
            _memory.put(key, value)
        found.update(shared)
    return found


def keep(made: Sequence[Made]) -> None:
    """Keep what was made, unless a transaction is open: what it saw may never be committed."""
    if made and not connection.in_atomic_block:
        for each in made:
            _memory.put(each.key, each.value)
        _shared.put_many(made)


def forget_process_memory() -> None:
    """Forget what only this process has."""
    _memory.clear()
