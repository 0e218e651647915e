"""How far a replica is behind, by what the primary had written at which moment.

The times that a replica tells of do not say it: they stand still while nothing is written, and trust two clocks. Where
the primary stood is looked up each second and remembered; a replica that has applied all that the primary had
written by some moment is behind by no more than the time since.
"""

import threading
from bisect import bisect_right
from collections import deque


class Written:
    """Positions of the primary in its log by the moments at which it had reached them, of the last so many seconds."""

    def __init__(self, kept_seconds: float) -> None:
        self._kept_seconds = kept_seconds
        self._lock = threading.Lock()
        self._moments: deque[float] = deque()
        self._positions: deque[int] = deque()

    def add(self, moment: float, position: int) -> None:
        """The primary has written up to the position; one before the last is of another server, so all begins anew."""
        with self._lock:
            if self._positions and position < self._positions[-1]:
                self._moments.clear()
                self._positions.clear()
            self._moments.append(moment)
            self._positions.append(position)
            while self._moments[0] < moment - self._kept_seconds:
                self._moments.popleft()
                self._positions.popleft()

    def lag_of(self, position: int) -> float | None:
        """Seconds that whoever has applied up to the position is behind; None where that is not known, or too long.

        While the primary is away nobody falls behind any further.
        """
        with self._lock:
            applied = bisect_right(self._positions, position)
            return self._moments[-1] - self._moments[applied - 1] if applied else None
