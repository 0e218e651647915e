"""Counting by the thousand: a process takes a share of a window at a time, and asks again once it is used up.

Of a window that has many shares a process lets the first one through before it asks at all, and settles it with the
next: so most clients, who never come that far, cost no round trip. Over all processes no more is let through than the
quota and one share of each process; shares that other processes hold and do not use may be missing at its end.
"""

import threading
import time
from dataclasses import dataclass

from common.limits import counting
from common.limits.policies import Scope, Standing, Verdict, Window, whole_seconds, window_of
from common.memory import Memory

SHARES = 20
MOST_LEASES = 100_000


@dataclass
class _Lease:
    """What is left of a share, and of the window beyond it; what was let through and not counted yet; its end."""

    units: int
    beyond: int
    ends: float
    owed: int = 0
    is_full: bool = False


_lock = threading.Lock()
_leases: Memory[str, _Lease] = Memory(MOST_LEASES)


def demand(scope: Scope, *identity: object) -> None:
    """As `counting.demand`, by shares."""
    window = window_of(scope, *identity)
    if window is not None:
        counting.insist(count(window))


def count(window: Window) -> Verdict:
    """Count a use in the window; Redis is asked once for each share, and not at all while the window is full."""
    now = time.monotonic()
    with _lock:
        lease = _leases.get(window.key)
        if lease is None or lease.ends <= now:
            lease = _begin(window, now)
        if lease.is_full:
            return _verdict(window, lease, now)
        if lease.units:
            lease.units -= 1
            return _verdict(window, lease, now)
        owed, lease.owed = lease.owed, 0
    taken = _take_share(window, now, owed)
    with _lock:
        _leases.put(window.key, taken)
    return _verdict(window, taken, now)


def _begin(window: Window, now: float) -> _Lease:
    """The first share, on credit where there are many; else none, so that Redis is asked."""
    share = window.rate.quota // SHARES
    credit = share if share > 1 else 0
    lease = _Lease(credit, window.rate.quota - credit, now + window.rate.seconds, owed=credit)
    _leases.put(window.key, lease)
    return lease


def _take_share(window: Window, now: float, owed: int) -> _Lease:
    """A share of the window, this use taken from it already; a single use where there is no whole share left."""
    share = max(window.rate.quota // SHARES, 1)
    verdict = counting.count([window], is_durable=False, cost=share + owed)
    if not verdict.is_allowed and share > 1:
        share = 1
        verdict = counting.count([window], is_durable=False, cost=share + owed)
    standing = verdict.standings[0]
    ends = now + standing.reset_seconds
    return _Lease(share - 1, standing.remaining, ends) if verdict.is_allowed else _Lease(0, 0, ends, is_full=True)


def _verdict(window: Window, lease: _Lease, now: float) -> Verdict:
    standing = Standing(window, lease.units + lease.beyond, lease.ends - now)
    return Verdict(not lease.is_full, (standing,), whole_seconds(lease.ends - now))


def forget_all() -> None:
    """Give up all shares."""
    with _lock:
        _leases.clear()
