"""Undoes a batch of a stock feed: opposite adjustments, where the levels still allow them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from common.imports.listening import Undone, UndoSummary
from common.models import ImportChange
from products.imports.inventory.progress import forget_undone
from products.models import ProductVariation
from products.services import stock_feed
from products.services.stock import Reason, StockKey
from products.services.stock_feed import MOST_AT_ONCE, Wish

_STOCK, _THRESHOLD = "stock_quantity", "low_stock_threshold"
_SET_THRESHOLDS = """
UPDATE products_product p SET low_stock_threshold = w.earlier
FROM unnest(%s::bigint[], %s::int[], %s::int[]) AS w (id, earlier, fed)
WHERE p.id = w.id AND p.low_stock_threshold = w.fed
RETURNING p.id
"""


@dataclass
class _Undoing:
    """One change: what goes back, as column to [the feed's value, the earlier one], and why the rest stays."""

    change: ImportChange
    key: StockKey | None  # None where it was deleted since
    back: dict[str, list[int]] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)

    def outcome(self) -> ImportChange.Outcome:
        """What became of the change as a whole."""
        if not self.kept:
            return ImportChange.Outcome.PUT_BACK
        return ImportChange.Outcome.PARTLY if self.back else ImportChange.Outcome.LEFT

    def pair(self, column: str) -> list[int]:
        """The feed's value and the earlier one."""
        return [self.change.after[column], (self.change.before or {})[column]]


def undo_feed(batch_id: int, actor: Any, listener: Callable[[Undone], None]) -> UndoSummary:
    """Take back the units that a feed moved, where that many are left, and the thresholds that nobody changed since.

    Needs the caller's transaction. What was sold meanwhile stays sold: a level is moved, never set. A feed of which
    all was put back may be counted again. Locks the products by id, then the variations by id.
    """
    undoing = _plan(batch_id)
    stock_feed.lock_levels([each.key for each in undoing if each.key])
    _move_back([each for each in undoing if _STOCK in each.change.after], f"Import {batch_id} was undone", actor)
    _put_thresholds_back([each for each in undoing if _THRESHOLD in each.change.after])
    ImportChange.objects.bulk_update([_concluded(each) for each in undoing], ["outcome", "reason"], batch_size=1000)
    for each in undoing:
        listener(_told(each))
    left = sum(bool(each.kept) for each in undoing)
    if not left:
        forget_undone(batch_id)
    return UndoSummary(len(undoing) - left, left)


def _plan(batch_id: int) -> list[_Undoing]:
    changes = list(ImportChange.objects.filter(batch=batch_id).order_by("line", "id"))
    is_variation = [each.kind == ImportChange.Kind.VARIATION for each in changes]
    ids = [each.target_id for each, of_variation in zip(changes, is_variation, strict=True) if of_variation]
    product_of = dict(ProductVariation.objects.filter(id__in=ids).values_list("id", "product_id"))
    undoing = []
    for change, of_variation in zip(changes, is_variation, strict=True):
        key = StockKey(change.target_id, None)
        if of_variation:
            key = StockKey(product_of.get(change.target_id, 0), change.target_id)
        undoing.append(_Undoing(change, key if key.product_id else None))
    return undoing


def _move_back(moved: Sequence[_Undoing], note: str, actor: Any) -> None:
    for block in _blocks(moved):
        wishes = []
        for each in block:
            fed, earlier = each.pair(_STOCK)
            effective_at = each.change.after.get("effective_at")
            counted_at = datetime.fromisoformat(effective_at) if effective_at else None
            key = each.key or StockKey(0, None)
            wishes.append(Wish(key, delta=earlier - fed, counted_at=counted_at, note=note))
        outcomes = stock_feed.apply(wishes=wishes, reason=Reason.ADJUSTMENT, actor=actor)
        for each, outcome in zip(block, outcomes, strict=True):
            if outcome.code:
                each.kept.append(f"{_STOCK}: {outcome.reason}")
            else:
                each.back[_STOCK] = each.pair(_STOCK)


def _put_thresholds_back(changed: Sequence[_Undoing]) -> None:
    columns = [[each.change.target_id, *reversed(each.pair(_THRESHOLD))] for each in changed]
    with connection.cursor() as cursor:
        cursor.execute(_SET_THRESHOLDS, [[row[place] for row in columns] for place in range(3)])
        done = {product_id for (product_id,) in cursor.fetchall()}
    for each in changed:
        if each.change.target_id in done:
            each.back[_THRESHOLD] = each.pair(_THRESHOLD)
        else:
            each.kept.append(f"{_THRESHOLD}: changed since")


def _blocks(undoing: Sequence[_Undoing]) -> Iterator[Sequence[_Undoing]]:
    for start in range(0, len(undoing), MOST_AT_ONCE):
        yield undoing[start : start + MOST_AT_ONCE]


def _concluded(undoing: _Undoing) -> ImportChange:
    undoing.change.outcome = undoing.outcome()
    undoing.change.reason = "; ".join(undoing.kept)
    return undoing.change


def _told(undoing: _Undoing) -> Undone:
    change = undoing.change
    outcome, reason = change.outcome, change.reason
    return Undone(change.line, change.kind, change.action, change.label, outcome, undoing.back, reason)
