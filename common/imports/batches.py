"""Opens and closes the batch that remembers an import, and undoes it: the one way for commands, admin and API."""

from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from common.audit.context import Door, working
from common.errors import NotFound
from common.imports.errors import UndoRefused
from common.imports.listening import ImportRequest, Listener, Summary, Undone, UndoSummary
from common.imports.subjects import find_subject
from common.locking import advisory_lock, lock_row
from common.models import ImportBatch


def run_import(*, subject: str, request: ImportRequest, listener: Listener) -> Summary:
    """Import a file of the subject, as `ImportSubject.run` promises; the audit hears that it came by import."""
    actor_id = getattr(request.actor, "pk", None)
    with working(Door.IMPORT, origin=f"import of {subject}", actor_id=actor_id):
        return find_subject(subject).run(request, listener)


def open_batch(*, subject: str, request: ImportRequest, format_name: str) -> ImportBatch:
    """Make the row of a batch, within the import's own transaction."""
    return ImportBatch.objects.create(
        subject=subject,
        file_name=request.shown_name.encode(errors="replace").decode()[:255],
        format=format_name,
        mode=request.mode.value,
        actor=request.actor,
    )


def close_batch(batch: ImportBatch, *, summary: Summary) -> int | None:
    """Note the counts of rows and return the batch's id; a batch that changed nothing is forgotten."""
    if not batch.changes.exists():
        batch.delete()
        return None
    ImportBatch.objects.filter(id=batch.id).update(
        created_count=summary.created,
        updated_count=summary.updated,
        unchanged_count=summary.unchanged,
        skipped_count=summary.skipped,
        refused_count=summary.refused,
    )
    return batch.id


def _tell_nobody(change: Undone) -> None:
    """The listener of those who want the counts only."""


def undo_batch(
    *, batch_id: int, dry_run: bool = False, actor: Any = None, listener: Callable[[Undone], None] = _tell_nobody
) -> UndoSummary:
    """Put back what a batch changed and nobody has changed since, in one transaction; a dry run only tells.

    Updated rows get back the earlier values of those columns that still hold what the batch wrote. Created rows are
    deleted where nothing refers to them and nobody changed them. The listener hears of each change what became of it.
    One import or undo of a subject runs at a time. Raises UndoRefused for a batch that does not exist, was undone
    before or cannot be undone.
    """
    try:
        with transaction.atomic():
            batch = _lock_applied(batch_id)
            undo = find_subject(batch.subject).undo
            if undo is None:
                raise UndoRefused(f"batch {batch_id} is of {batch.subject}, which cannot be undone")
            with working(Door.IMPORT, origin=f"undo of {batch.subject}", actor_id=getattr(actor, "pk", None)):
                summary = undo(batch_id, actor, listener)
            _conclude(batch, summary, actor)
            transaction.set_rollback(dry_run)
    except IntegrityError as error:
        raise UndoRefused(f"something of batch {batch_id} came into use meanwhile: undo it again") from error
    return summary


def _lock_applied(batch_id: int) -> ImportBatch:
    batches = ImportBatch.objects.filter(id=batch_id)
    subject = batches.values_list("subject", flat=True).first()
    if subject is None:
        raise UndoRefused(f"there is no batch {batch_id}")
    advisory_lock(find_subject(subject).lock)
    try:
        batch = lock_row(batches)
    except NotFound as error:
        raise UndoRefused(f"there is no batch {batch_id}") from error
    if batch.undone_at is not None:
        left = f"; {batch.left_count} of its changes were left" if batch.left_count else ""
        raise UndoRefused(f"batch {batch_id} was undone already, at {batch.undone_at:%Y-%m-%d %H:%M} UTC{left}")
    return batch


def _conclude(batch: ImportBatch, summary: UndoSummary, actor: Any) -> None:
    batch.status = ImportBatch.Status.PARTLY_UNDONE if summary.left else ImportBatch.Status.UNDONE
    batch.put_back_count, batch.left_count = summary.put_back, summary.left
    batch.undone_at, batch.undone_by = timezone.now(), actor
    batch.save(update_fields=["status", "put_back_count", "left_count", "undone_at", "undone_by"])


def check_references() -> None:
    """Have foreign keys checked now rather than at the end; an undo calls it before it tells what it did."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
