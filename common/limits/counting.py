"""Counting: in Redis, and while that is away in PostgreSQL or in the process, whichever the scope needs."""

from collections.abc import Sequence
from typing import NoReturn

from common.limits import database_counters, fields, process_counters, redis_counters
from common.limits.errors import RateLimited
from common.limits.policies import DURABLE, Delay, Scope, Standing, Verdict, Window, whole_seconds, window_of


def demand(scope: Scope, *identity: object) -> None:
    """Count a use of the scope by whoever this is; raises RateLimited where it is one too many."""
    window = window_of(scope, *identity)
    if window is not None:
        insist(count([window], is_durable=scope in DURABLE))


def count(windows: Sequence[Window], delay: Delay | None = None, *, is_durable: bool, cost: int = 1) -> Verdict:
    """Count a use in all windows, or in none where one is full or the delay, which only durable ones have, holds."""
    try:
        return redis_counters.count(windows, delay, cost=cost)
    except redis_counters.RedisAway:
        if is_durable:
            return database_counters.count(windows, delay, cost=cost)
        return process_counters.count(windows, cost=cost)


def forget(delay: Delay, *windows: Window) -> None:
    """Begin the delay, and these windows, anew."""
    try:
        redis_counters.forget(delay, *windows)
    except redis_counters.RedisAway:
        database_counters.forget(delay, *windows)


def insist(verdict: Verdict) -> None:
    """Note for the answer how its client stands; raises RateLimited where the verdict is no."""
    fields.note(verdict.standings)
    if not verdict.is_allowed:
        raise RateLimited(retry_after_seconds=verdict.wait_seconds)


def refuse(window: Window, *, wait_seconds: float, error: type[RateLimited] = RateLimited) -> NoReturn:
    """Raise the error for a window that was counted elsewhere, such as by rows, and is full for so long."""
    fields.note((Standing(window, 0, wait_seconds),))
    raise error(retry_after_seconds=whole_seconds(wait_seconds))
