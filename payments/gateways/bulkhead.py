"""Keeps a gateway that does not answer from taking the whole shop with it.

In each process only so many threads may wait for one gateway at a time, and after some silences in a row nobody asks
it for a while. Whoever is turned away has not reached the gateway: nothing was done there.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from payments.gateways.protocol import GatewayRefused, GatewayTimeout, GatewayUnavailable

PLACE_WAIT_SECONDS = 0.5
SILENCES_UNTIL_PAUSE = 5
PAUSE_SECONDS = 30.0


class Bulkhead:
    """The places at one gateway, and how often in a row it was silent."""

    def __init__(self, *, places: int) -> None:
        self._places = threading.BoundedSemaphore(places)
        self._mine = threading.local()
        self._silences = 0
        self._paused_until = 0.0

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold a place among those who wait for the gateway; raises GatewayUnavailable where there is none.

        A thread that holds one already takes no second.
        """
        if getattr(self._mine, "held", False):
            yield
            return
        if time.monotonic() < self._paused_until or not self._places.acquire(timeout=PLACE_WAIT_SECONDS):
            raise GatewayUnavailable("nobody else may wait for it now")
        self._mine.held = True
        try:
            yield
        finally:
            self._mine.held = False
            self._places.release()

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count a call that is silent; one that is answered, be it by a refusal, starts the count anew."""
        try:
            yield
        except GatewayTimeout:
            self._count(self._silences + 1)
            raise
        except GatewayRefused:
            self._count(0)
            raise
        self._count(0)

    def _count(self, silences: int) -> None:
        """Note how often in a row; a thread that counts at the same time may be overwritten, which does no harm."""
        self._silences = silences
        if silences >= SILENCES_UNTIL_PAUSE:
            self._paused_until = time.monotonic() + PAUSE_SECONDS


_bulkheads: dict[str, Bulkhead] = {}
_making = threading.Lock()


def of(gateway: str) -> Bulkhead:
    """The bulkhead of this process before the gateway."""
    with _making:
        if gateway not in _bulkheads:
            _bulkheads[gateway] = Bulkhead(places=settings.PAYMENT_GATEWAY_PLACES)
        return _bulkheads[gateway]


def forget() -> None:
    """Start anew, as a new process would; for tests."""
    _bulkheads.clear()
