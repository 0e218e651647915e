"""A circuit breaker: who does not answer is left alone for a while, so that few requests wait in vain."""

import threading
import time


class Breaker:
    """Open after a failure: then one call in each pause is let through to try. One per process."""

    def __init__(self, pause_seconds: float) -> None:
        self._pause = pause_seconds
        self._lock = threading.Lock()
        self._is_open = False
        self._next_try = 0.0

    def lets_through(self) -> bool:
        """Whether this call may be made."""
        if not self._is_open:
            return True
        with self._lock:
            now = time.monotonic()
            if now < self._next_try:
                return False
            self._next_try = now + self._pause
            return True

    def failed(self) -> bool:
        """Note a failure; tells whether it is news."""
        with self._lock:
            is_news, self._is_open = not self._is_open, True
            self._next_try = time.monotonic() + self._pause
            return is_news

    def worked(self) -> bool:
        """Note a success; tells whether it is news."""
        if not self._is_open:
            return False
        with self._lock:
            is_news, self._is_open = self._is_open, False
            return is_news
