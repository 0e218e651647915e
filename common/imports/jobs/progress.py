"""Tells watchers how far a job is, from a thread with a connection of its own, as the work is one transaction."""

import threading
from typing import Any, Self

import structlog
from django.db import DatabaseError, connection, models
from django.utils import timezone

logger = structlog.stdlib.get_logger(__name__)

BEAT_SECONDS = 1.0


class Progress:
    """While it is entered, writes what was told last and a heartbeat to the job's row, at most each second.

    The heartbeat goes on while the work waits for one long statement. A failed write is logged and not in the way.
    """

    def __init__(self, jobs: models.QuerySet[Any], *, job_id: int, attempts: int) -> None:
        self._row = jobs.filter(id=job_id, attempts=attempts, finished_at=None)
        self._told: tuple[int, int] = (0, 0)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"progress-{job_id}", daemon=True)

    def tell(self, done: int, total: int) -> None:
        """Note how much is done, of how much in all."""
        self._told = (min(done, total), total)

    @property
    def columns(self) -> dict[str, Any]:
        """What was told last, as the row keeps it."""
        done, total = self._told
        return {"progress_done": done, "progress_total": total, "heartbeat_at": timezone.now()}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._over.set()
        self._thread.join()

    def _beat(self) -> None:
        try:
            while not self._over.wait(BEAT_SECONDS):
                self._write()
        finally:
            connection.close()

    def _write(self) -> None:
        try:
            self._row.all().update(**self.columns)
        except DatabaseError:
            logger.warning("job_progress_not_written", exc_info=True)
