"""Counters of one process, for while Redis is away and the limit is about load rather than about secrets."""

import threading
import time
from collections.abc import Sequence

from common.limits.policies import Verdict, Window, judge
from common.memory import Memory

MOST_COUNTERS = 100_000

_lock = threading.Lock()
_counters: Memory[str, tuple[int, float]] = Memory(MOST_COUNTERS)


def count(windows: Sequence[Window], *, cost: int = 1) -> Verdict:
    """Count a use in all windows, or in none where one is full."""
    now = time.monotonic()
    with _lock:
        found = [_found(window, now) for window in windows]
        counts = [(window, used + cost, ends - now) for window, (used, ends) in zip(windows, found, strict=True)]
        verdict = judge(counts, cost=cost)
        if verdict.is_allowed:
            for window, (used, ends) in zip(windows, found, strict=True):
                _counters.put(window.key, (used + cost, ends))
    return verdict


def _found(window: Window, now: float) -> tuple[int, float]:
    used, ends = _counters.get(window.key) or (0, 0.0)
    return (used, ends) if ends > now else (0, now + window.rate.seconds)


def forget_all() -> None:
    """Begin all counters anew."""
    with _lock:
        _counters.clear()
