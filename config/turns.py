"""Which calls take turns in a web process, and the middleware that has them wait.

Threads are many, so that whoever waits here keeps no reader waiting; who works is few. Places are for each process.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from common.api.problems import EXPLANATIONS, problem_response
from common.turns import BusyError, Turns

_READS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Lane:
    """Calls that take turns with each other: all but reads of the addresses that look so."""

    setting: str  # how many at a time, in each process; 0 is without end
    address: re.Pattern[str]


LANES = (
    # Two lanes, so that who fills a cart waits for no sale.
    Lane("CHECKOUT_TURNS", re.compile(r"/api/v1/checkout/")),
    Lane("CART_TURNS", re.compile(r"/api/v1/(cart/.*|checkout/quote/|payments/webhooks/.*)")),
    # These hash a password, which keeps a processor busy for a quarter of a second; a refresh does not, and waits not.
    Lane(
        "PASSWORD_TURNS",
        re.compile(
            r"/api/v1/auth/(token|register|password/change|password/reset/confirm|email/change|me)/|/admin/login/"
        ),
    ),
)


def lane_of(method: str | None, path: str) -> Lane | None:
    """The lane that the call takes its turn in, if any."""
    if method in _READS:
        return None
    return next((lane for lane in LANES if lane.address.fullmatch(path)), None)


class TurnsMiddleware:
    """Lets a call of a lane wait for its turn; 503 with Retry-After where that takes too long."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response
        self._turns = {lane: _turns_of(lane) for lane in LANES if getattr(settings, lane.setting)}

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        turns = self._turns_for(request)
        if turns is None:
            return self._get_response(request)
        request.body  # noqa: B018 - read first: a client that is slow to send it keeps nobody waiting
        try:
            with turns.turn():
                return self._get_response(request)
        except BusyError:
            return problem_response(
                status=503,
                code="unavailable",
                title="Service unavailable",
                detail=EXPLANATIONS["unavailable"],
                retry_after=1,
            )

    def _turns_for(self, request: HttpRequest) -> Turns | None:
        lane = lane_of(request.method, request.path_info)
        # What is too long to be read is refused without a turn.
        return self._turns.get(lane) if lane and _is_short(request) else None


def _is_short(request: HttpRequest) -> bool:
    length = request.META.get("CONTENT_LENGTH") or "0"
    return length.isdecimal() and int(length) <= settings.JSON_BODY_MAX_BYTES


def _turns_of(lane: Lane) -> Turns:
    return Turns(
        places=getattr(settings, lane.setting),
        waiting=settings.TURNS_WAITING,
        seconds=settings.TURN_WAIT_SECONDS,
    )
