"""What a limit says: its scope, whose counter it is, and how much of it is left."""

import hashlib
import math
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from django.conf import settings


class Scope(StrEnum):
    """What the settings LIMIT_<scope> are about."""

    LOGIN = "LOGIN"
    LOGIN_FAILURES = "LOGIN_FAILURES"
    REGISTER = "REGISTER"
    PASSWORD_RESET = "PASSWORD_RESET"  # noqa: S105 - a name
    CART = "CART"
    CHECKOUT = "CHECKOUT"
    HOLD = "HOLD"
    PAYMENT = "PAYMENT"
    REVIEW = "REVIEW"
    VIEW = "VIEW"


# Where counting goes on in PostgreSQL while Redis is away; elsewhere each process counts for itself meanwhile.
# Open orders and attempts to pay are rows of PostgreSQL anyway.
DURABLE = frozenset({Scope.LOGIN, Scope.LOGIN_FAILURES, Scope.REGISTER, Scope.PASSWORD_RESET})


class Rate(NamedTuple):
    """So many in so many seconds."""

    quota: int
    seconds: int


class Window(NamedTuple):
    """A counter that begins with the first use and ends `rate.seconds` later; `name` is what clients are told."""

    name: str
    key: str
    rate: Rate


class Delay(NamedTuple):
    """A pause after each use beyond `free` ones, doubling from one second; forgotten after so long without any."""

    key: str
    free: int
    longest_seconds: int
    forgotten_seconds: int


class Standing(NamedTuple):
    """How a client stands with a window: what is left of it, and in how many seconds it begins anew."""

    window: Window
    remaining: int
    reset_seconds: float


class Verdict(NamedTuple):
    """Whether it may go on, how it stands with each window, and, if not, in how many seconds to come again."""

    is_allowed: bool
    standings: tuple[Standing, ...]
    wait_seconds: int


def rate_of(scope: Scope) -> Rate | None:
    """What the settings allow; None is no limit."""
    rate = settings.LIMITS.get(scope)
    return Rate(*rate) if rate else None


def window_of(scope: Scope, *identity: object, name: str = "") -> Window | None:
    """The counter of whoever this is; None where the scope is off."""
    rate = rate_of(scope)
    if rate is None:
        return None
    name = name or scope.lower().replace("_", "-")
    return Window(name, key_of(name, *identity), rate)


def key_of(name: str, *identity: object) -> str:
    """The name of a counter; whom it is about cannot be read from it."""
    facts = "\n".join(map(str, identity)).encode("utf-8", "surrogatepass")
    secret = settings.SECRET_KEY.encode()[:64]
    return f"limit:{name}:{hashlib.blake2b(facts, digest_size=16, key=secret).hexdigest()}"


def judge(counts: Sequence[tuple[Window, int, float]], *, cost: int = 1, held_seconds: float = 0) -> Verdict:
    """The verdict on counts that include this use, each with the seconds until it begins anew."""
    waits = [seconds for window, count, seconds in counts if count > window.rate.quota]
    if held_seconds > 0:
        waits.append(held_seconds)
    uncounted = cost if waits else 0  # who is refused has used nothing up
    standings = tuple(
        Standing(window, max(window.rate.quota - count + uncounted, 0), seconds) for window, count, seconds in counts
    )
    if held_seconds > 0:  # a delay is told of as a full window, the first
        full = standings[0]
        reset = held_seconds if full.remaining else max(held_seconds, full.reset_seconds)
        standings = (Standing(full.window, 0, reset), *standings[1:])
    return Verdict(not waits, standings, whole_seconds(max(waits, default=0)))


def whole_seconds(seconds: float) -> int:
    """The seconds as clients are told them: whole, and never too few."""
    return max(math.ceil(round(seconds, 3)), 1)
