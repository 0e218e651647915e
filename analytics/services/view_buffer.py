"""Where views wait in the memory of a web process until a thread of it writes them, a second's worth at a time.

A process that is killed loses what it has not written: the views of the last VIEW_FLUSH_SECONDS and of the batch being
written; while the database is away, at most VIEW_BUFFER_SIZE. A process that ends in good order writes them first.
"""

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing import util

import orjson
import structlog
from django.conf import settings
from django.db import DataError, Error, IntegrityError, close_old_connections, connection

from analytics.services import product_views
from analytics.services.product_views import ToldView

logger = structlog.stdlib.get_logger(__name__)

BATCH_ROWS = 2_000
IDLE_SECONDS = 10.0  # after which the thread gives its connection back
STOP_SECONDS = 5.0  # how long the end of a process waits for the batch that the thread is writing
AT_THE_END = 10  # a priority of multiprocessing's finalizers: they run in a web server's processes, atexit does not


class ViewBuffer:
    """A bounded queue, and the thread that empties it, which the first view of a process starts."""

    def __init__(self, write: Callable[[Sequence[ToldView]], int]) -> None:
        self._write = write
        self.begin_anew()
        os.register_at_fork(after_in_child=self.begin_anew)  # what the parent was told is the parent's to write

    def begin_anew(self) -> None:
        """Forget what waits."""
        self._waiting: deque[ToldView] = deque()
        self._in_hand = 0
        self._batch_rows = BATCH_ROWS
        self._told = threading.Event()
        self._starting, self._writing = threading.Lock(), threading.Lock()
        self._thread: threading.Thread | None = None

    def __len__(self) -> int:
        return len(self._waiting) + self._in_hand

    def waiting(self) -> list[ToldView]:
        """What waits, in the order in which it was told; without what is being written."""
        return list(self._waiting)

    def is_being_emptied(self) -> bool:
        """Whether a thread of this process sees to it."""
        return self._thread is not None and self._thread.is_alive()

    def offer(self, view: ToldView) -> bool:
        """Take the view, without waiting for anything; False where VIEW_BUFFER_SIZE wait already."""
        if len(self) >= settings.VIEW_BUFFER_SIZE:
            return False
        self._waiting.append(view)
        if not self._told.is_set():
            self._told.set()
            if settings.VIEWS_IN_BACKGROUND:
                self._have_thread()
        return True

    def flush(self, *, wait_seconds: float = -1) -> None:
        """Write what waits, here and now; raises django.db.Error, and keeps what could not be written.

        With `wait_seconds` it gives up after that time where another thread is writing.
        """
        if self._writing.acquire(timeout=wait_seconds):
            try:
                while self._waiting:
                    self._write_batch()
            finally:
                self._writing.release()

    def _write_batch(self) -> None:
        batch = [self._waiting.popleft() for _ in range(min(self._batch_rows, len(self._waiting)))]
        self._in_hand = len(batch)
        written = False
        try:
            self._write(batch)
            self._batch_rows = min(2 * self._batch_rows, BATCH_ROWS)
            written = True
        except (DataError, IntegrityError, orjson.JSONEncodeError) as error:
            # One of them is to blame; alone it goes, so that it holds up no other for ever.
            written = len(batch) == 1
            self._batch_rows = max(1, len(batch) // 2)
            logger.warning("views_refused", count=len(batch), dropped=written, exc_info=error)
        finally:
            if not written:
                self._waiting.extendleft(reversed(batch))
            self._in_hand = 0

    def _have_thread(self) -> None:
        with self._starting:
            if not self.is_being_emptied():
                self._thread = threading.Thread(target=self._write_on, name="product-views", daemon=True)
                self._thread.start()
                util.Finalize(None, self._finish, exitpriority=AT_THE_END)

    def _write_on(self) -> None:
        try:
            while True:
                if not self._told.wait(IDLE_SECONDS):
                    connection.close()
                    self._told.wait()
                time.sleep(settings.VIEW_FLUSH_SECONDS)
                self._told.clear()
                self._try_to_flush()
        finally:
            self._told.clear()  # so that the next view starts another thread

    def _try_to_flush(self) -> None:
        try:
            close_old_connections()
            self.flush()
        except Error as error:
            logger.error("views_wait", count=len(self), exc_info=error)  # noqa: TRY400 - told like any outage
            self._told.set()

    def _finish(self) -> None:
        with suppress(Error):
            self.flush(wait_seconds=STOP_SECONDS)
        if waiting := len(self):
            logger.error("views_lost", count=waiting)
        connection.close()


buffer = ViewBuffer(product_views.write_views)


def tell(view: ToldView) -> bool:
    """Take note of the view, unless a robot looked; False where no more views can be taken right now."""
    return product_views.is_robot(view.agent or "") or buffer.offer(view)
