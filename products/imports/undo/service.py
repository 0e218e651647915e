"""Undoes a batch: the one way for commands, the admin and doors to come."""
# ruff: noqa: S608 - the SQL is put together from constants of this package, never from input

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from authentication.models import User
from common.errors import NotFound
from common.locking import advisory_lock, lock_row
from products.imports.blocks import read_blocks
from products.imports.errors import UndoRefused
from products.imports.undo.planning import goes, plan_undo
from products.imports.undo.writing import put_back
from products.models import ImportBatch

_CONCLUDE = f"""
UPDATE undo_row u SET
    outcome = CASE
        WHEN u.action = 'created' THEN CASE WHEN u.gone OR {goes("u")} THEN 'put_back' ELSE 'left' END
        WHEN u.gone THEN 'left'
        WHEN u.kept = '{{}}' THEN 'put_back'
        WHEN u.back = '{{}}' THEN 'left'
        ELSE 'partly'
    END,
    reason = CASE WHEN u.gone THEN 'was deleted since' ELSE concat_ws('; ',
        (SELECT string_agg(key || ': ' || value, '; ' ORDER BY key) FROM jsonb_each_text(u.kept)),
        'in use: ' || nullif(u.uses, ''),
        CASE WHEN u.kept = '{{}}' AND u.uses <> '' AND u.kind IN ('product', 'variation')
            THEN 'taken off the shop' END
    ) END;

UPDATE products_importchange c SET outcome = u.outcome, reason = u.reason FROM undo_row u WHERE c.id = u.change_id;
"""
_COUNT = """
SELECT count(*) FILTER (WHERE outcome = 'put_back'), count(*) FILTER (WHERE outcome <> 'put_back') FROM undo_row
"""
_BACK = """
coalesce((
    SELECT jsonb_object_agg(b.key, jsonb_build_array(r.after -> b.key, b.value)) FROM jsonb_each(r.back) b
), '{}')
"""


@dataclass(frozen=True)
class Undone:
    """What became of one change: put back, put back in part, or left, and why."""

    line: int | None
    kind: str
    action: str
    label: str
    outcome: str
    values: dict[str, Any]  # column to [the import's value, the earlier one]
    reason: str


@dataclass(frozen=True)
class UndoSummary:
    """Counts of changes: what was (or in a dry run: would be) done with them."""

    put_back: int
    left: int  # wholly or in part


def _tell_nobody(change: Undone) -> None:
    """The listener of those who want the counts only."""


def undo_batch(
    *,
    batch_id: int,
    dry_run: bool = False,
    actor: User | None = None,
    listener: Callable[[Undone], None] = _tell_nobody,
) -> UndoSummary:
    """Put back what a batch changed and nobody has changed since, in one transaction; a dry run only tells.

    Updated rows get back the earlier values of those columns that still hold what the batch wrote. Created rows are
    deleted, with their opening stock, where nothing refers to them and nobody changed them; what is in use stays,
    taken off the shop. New categories go where they are empty. The listener hears of each change what became of it.
    One import or undo runs at a time. Locks products by id, then variations by id.
    Raises UndoRefused for a batch that does not exist or was undone before.
    """
    try:
        with transaction.atomic():
            advisory_lock("products.import")
            batch = _lock_applied(batch_id)
            advisory_lock("products:category-tree")  # as all do who change the tree
            plan_undo(batch_id=batch_id)
            put_back(note=f"Import {batch_id} was undone", actor=actor)
            summary = _conclude(batch, actor)
            _check_references()
            _tell(listener)
            transaction.set_rollback(dry_run)
    except IntegrityError as error:
        raise UndoRefused(f"something of batch {batch_id} came into use meanwhile: undo it again") from error
    return summary


def _lock_applied(batch_id: int) -> ImportBatch:
    try:
        batch = lock_row(ImportBatch.objects.filter(id=batch_id))
    except NotFound as error:
        raise UndoRefused(f"there is no batch {batch_id}") from error
    if batch.undone_at is not None:
        left = f"; {batch.left_count} of its changes were left" if batch.left_count else ""
        raise UndoRefused(f"batch {batch_id} was undone already, at {batch.undone_at:%Y-%m-%d %H:%M} UTC{left}")
    return batch


def _conclude(batch: ImportBatch, actor: User | None) -> UndoSummary:
    with connection.cursor() as cursor:
        cursor.execute(_CONCLUDE)
        cursor.execute(_COUNT)
        summary = UndoSummary(*cursor.fetchone())
    batch.status = ImportBatch.Status.PARTLY_UNDONE if summary.left else ImportBatch.Status.UNDONE
    batch.put_back_count, batch.left_count = summary.put_back, summary.left
    batch.undone_at, batch.undone_by = timezone.now(), actor
    batch.save(update_fields=["status", "put_back_count", "left_count", "undone_at", "undone_by"])
    return summary


def _check_references() -> None:
    """Have foreign keys checked now rather than at the end, when everything has been told already."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def _tell(listener: Callable[[Undone], None]) -> None:
    columns = f"r.line, r.kind, r.action, r.label, r.outcome, {_BACK}, r.reason"
    for block in read_blocks(columns, "true", table="undo_row"):
        for _, *change in block:
            listener(Undone(*change))
