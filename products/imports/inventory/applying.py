"""Applies a stock feed block by block, each block in a transaction of its own, so that locks are short."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

from common.failpoints import failpoint
from common.imports.batches import open_batch
from common.imports.listening import ImportRequest
from common.models import ImportBatch, ImportChange
from products.imports.inventory.progress import Progress
from products.imports.inventory.staging import StagedRow
from products.services import stock_feed
from products.services.stock_feed import Outcome

SUBJECT = "inventory"

_SET_THRESHOLDS = """
UPDATE products_product p SET low_stock_threshold = w.threshold
FROM unnest(%s::bigint[], %s::int[]) AS w (id, threshold), products_product old
WHERE p.id = w.id AND old.id = w.id AND p.low_stock_threshold <> w.threshold
RETURNING p.id, old.low_stock_threshold
"""
_FIND_THRESHOLDS = """
SELECT p.id, p.low_stock_threshold
FROM unnest(%s::bigint[], %s::int[]) AS w (id, threshold) JOIN products_product p ON p.id = w.id
WHERE p.low_stock_threshold <> w.threshold
"""
_REMEMBER = """
INSERT INTO common_importchange (batch_id, kind, action, target_id, label, line, before, after)
SELECT %s, w.kind, 'updated', w.target_id, w.label, w.line, w.before::jsonb, w.after::jsonb
FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::int[], %s::text[], %s::text[])
    AS w (kind, target_id, label, line, before, after)
"""


@dataclass(frozen=True)
class Applied:
    """What became of one row; `values` is column to [before, now] of what changed."""

    row: StagedRow
    outcome: Outcome
    values: dict[str, list[int]] = field(default_factory=dict)
    was_counted: bool = False  # a change that an earlier run of the feed has booked


class FeedWriter:
    """Applies blocks, and remembers in a batch what they change; a dry run only looks."""

    def __init__(self, request: ImportRequest, *, format_name: str, progress: Progress) -> None:
        self._request = request
        self._format_name = format_name
        self._progress = progress
        self.batch: ImportBatch | None = progress.row.batch if progress.row else None

    def apply(self, rows: Sequence[StagedRow]) -> list[Applied]:
        """Apply one block of rows, each of them or not at all; the same rows with what became of them."""
        if self._request.dry_run:
            return list(self._results(rows))
        with transaction.atomic():
            results = list(self._results(rows))
            self._remember([each for each in results if each.values])
            self._progress.note_block(last_line=rows[-1].line, batch_id=self.batch.pk if self.batch else None)
            failpoint("feed.before_commit")
        failpoint("feed.after_block")
        return results

    def _results(self, rows: Sequence[StagedRow]) -> Iterator[Applied]:
        counted = {row.id for row in rows if row.wish.delta is not None and self._progress.has_counted(row.line)}
        moving = [row for row in rows if row.moves_stock and row.id not in counted]
        wishes = [row.wish for row in moving]
        if self._request.dry_run:
            outcomes = stock_feed.look(wishes=wishes)
        else:
            outcomes = stock_feed.apply(wishes=wishes, actor=self._request.actor)
        by_row = {row.id: outcome for row, outcome in zip(moving, outcomes, strict=True)}
        refused = {row_id for row_id, outcome in by_row.items() if outcome.code}
        former = self._thresholds([row for row in rows if row.threshold is not None and row.id not in refused])
        for row in rows:
            outcome = by_row.get(row.id, Outcome(0))
            yield Applied(row, outcome, _values(row, outcome, former), row.id in counted)

    def _thresholds(self, rows: Sequence[StagedRow]) -> Mapping[int, int]:
        """Set the thresholds that differ; the former ones by product."""
        if not rows:
            return {}
        products, thresholds = [row.wish.key.product_id for row in rows], [row.threshold for row in rows]
        with connection.cursor() as cursor:
            statement = _FIND_THRESHOLDS if self._request.dry_run else _SET_THRESHOLDS
            cursor.execute(statement, [products, thresholds])
            return dict(cursor.fetchall())

    def _remember(self, changed: Sequence[Applied]) -> None:
        if not changed:
            return
        if self.batch is None:
            self.batch = open_batch(subject=SUBJECT, request=self._request, format_name=self._format_name)
        columns = list(zip(*map(_change, changed), strict=True))
        with connection.cursor() as cursor:
            cursor.execute(_REMEMBER, [self.batch.pk, *map(list, columns)])


def _values(row: StagedRow, outcome: Outcome, former: Mapping[int, int]) -> dict[str, list[int]]:
    values = {}
    if outcome.change:
        values["stock_quantity"] = [outcome.before, outcome.before + outcome.change]
    if row.threshold is not None and not outcome.code and (before := former.get(row.wish.key.product_id)) is not None:
        values["low_stock_threshold"] = [before, row.threshold]
    return values


def _change(applied: Applied) -> tuple[str, int, str, int, str, str]:
    """Kind, key, label, line, and what was before and after, as JSON."""
    key = applied.row.wish.key
    before: dict[str, Any] = {column: old for column, (old, _) in applied.values.items()}
    after: dict[str, Any] = {column: new for column, (_, new) in applied.values.items()}
    if applied.row.wish.counted_at and "stock_quantity" in after:  # an undo takes it back as of the same time
        after["effective_at"] = applied.row.wish.counted_at.isoformat()
    kind = ImportChange.Kind.VARIATION if key.variation_id else ImportChange.Kind.PRODUCT
    target_id = key.variation_id or key.product_id
    return kind.value, target_id, applied.row.sku, applied.row.line, json.dumps(before), json.dumps(after)
