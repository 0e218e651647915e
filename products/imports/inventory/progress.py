"""Remembers feeds that count changes, so that none counts twice: neither sent again nor run again after a kill."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.utils import timezone

from common.imports.errors import FileRefused
from common.imports.listening import ImportRequest
from products.models import StockFeed

KEPT_FOR = timedelta(days=180)
_LONGEST_NAME = 100
_CHUNK_BYTES = 1 << 20


@dataclass
class Progress:
    """How far a feed is; without a row it counts no changes, and may run any number of times."""

    row: StockFeed | None = None
    is_finished: bool = False  # by an earlier run

    @property
    def done_line(self) -> int:
        """The line up to which changes were booked."""
        return self.row.done_line if self.row else 0

    def has_counted(self, line: int) -> bool:
        """Whether the change of this line was booked by an earlier run."""
        return self.is_finished or line <= self.done_line

    def note_block(self, *, last_line: int, batch_id: int | None) -> None:
        """Remember that all up to this line is booked; stands in the transaction that booked it."""
        if self.row and not self.is_finished:
            StockFeed.objects.filter(pk=self.row.pk).update(done_line=last_line, batch_id=batch_id)

    def finish(self) -> None:
        """Remember that all of it is booked."""
        if self.row and not self.is_finished:
            StockFeed.objects.filter(pk=self.row.pk).update(finished_at=timezone.now())


def open_progress(request: ImportRequest) -> Progress:
    """Find out how far the feed of the request came before, or begin it.

    With the option `again` a finished one begins anew. Raises FileRefused where another content bears the same
    `feed_id`.
    """
    content = _digest(request.path)
    name = str(request.options.get("feed_id") or content)
    if len(name) > _LONGEST_NAME:
        raise FileRefused(f"the feed's id is longer than {_LONGEST_NAME} characters")
    row = StockFeed.objects.filter(name=name).first()
    if row is None:
        row = StockFeed(name=name, content=content)
        if not request.dry_run:
            row.save()
    if row.content != content:
        raise FileRefused(f"the feed {name} was another file; give this one an id of its own")
    if row.finished_at and request.options.get("again"):
        row.done_line, row.finished_at, row.batch_id = 0, None, None
        if not request.dry_run:
            row.save()
    return Progress(row, is_finished=row.finished_at is not None)


def forget_undone(batch_id: int) -> None:
    """Let a feed whose batch was put back be counted once more."""
    StockFeed.objects.filter(batch=batch_id).delete()


def drop_old() -> int:
    """Forget feeds that were begun longer than KEPT_FOR ago; returns how many."""
    deleted, _ = StockFeed.objects.filter(created_at__lt=timezone.now() - KEPT_FOR).delete()
    return deleted


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
