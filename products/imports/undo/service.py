"""Undoes a batch of products, for `common.imports.batches.undo_batch`."""
# ruff: noqa: S608 - the SQL is put together from constants of this package, never from input

from collections.abc import Callable
from typing import Any

from django.db import connection

from common.imports.batches import check_references
from common.imports.blocks import read_blocks
from common.imports.listening import Undone, UndoSummary
from common.locking import advisory_lock
from products.imports.undo.planning import goes, plan_undo
from products.imports.undo.writing import put_back

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

UPDATE common_importchange c SET outcome = u.outcome, reason = u.reason FROM undo_row u WHERE c.id = u.change_id;
"""
_COUNT = """
SELECT count(*) FILTER (WHERE outcome = 'put_back'), count(*) FILTER (WHERE outcome <> 'put_back') FROM undo_row
"""
_BACK = """
coalesce((
    SELECT jsonb_object_agg(b.key, jsonb_build_array(r.after -> b.key, b.value)) FROM jsonb_each(r.back) b
), '{}')
"""


def undo_products(batch_id: int, actor: Any, listener: Callable[[Undone], None]) -> UndoSummary:
    """Put back what a batch of products changed and nobody has changed since; needs the caller's transaction.

    Updated rows get back the earlier values of those columns that still hold what the batch wrote. Created rows are
    deleted, with their opening stock, where nothing refers to them and nobody changed them; what is in use stays,
    taken off the shop. New categories go where they are empty. Locks products by id, then variations by id.
    """
    advisory_lock("products:category-tree")  # as all do who change the tree
    plan_undo(batch_id=batch_id)
    put_back(note=f"Import {batch_id} was undone", actor=actor)
    with connection.cursor() as cursor:
        cursor.execute(_CONCLUDE)
        cursor.execute(_COUNT)
        summary = UndoSummary(*cursor.fetchone())
    check_references()
    _tell(listener)
    return summary


def _tell(listener: Callable[[Undone], None]) -> None:
    columns = f"r.line, r.kind, r.action, r.label, r.outcome, {_BACK}, r.reason"
    for block in read_blocks(columns, "true", table="undo_row"):
        for _, *change in block:
            listener(Undone(*change))
