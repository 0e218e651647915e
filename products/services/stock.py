"""Stock: the only code that changes a stock level; each change writes a movement.

Every write here locks the products by id, then the variations by id, and changes levels by guarded update. A
product with variations has no stock of its own: its level is the sum of theirs, kept by trigger.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db import connection, transaction

from authentication.models import User
from common import outbox
from common.errors import InvalidInput, NotFound
from common.locking import lock_rows
from products.errors import OutOfStock, StockChanged
from products.models import Product, ProductVariation, StockMovement
from products.querysets import sale_rows
from products.querysets.goods import Goods
from products.querysets.sale_rows import TakenRow

Reason = StockMovement.Reason
MOST_UNITS = 2_000_000_000
HOMELESS_NOTE = "Sells by variation by now: count these units to one of them"


class StockKey(NamedTuple):
    """Whose level: the product's own, or one variation's."""

    product_id: int
    variation_id: int | None


@dataclass(frozen=True)
class LockedStock:
    """Products and variations as they are under the lock, by id."""

    products: Mapping[int, Product]
    variations: Mapping[int, ProductVariation]
    by_variation: Collection[int] = ()  # the products that have no stock of their own

    def level(self, key: StockKey) -> int:
        """The units in stock; none where the row is gone, or where the product sells by variation only."""
        if key.variation_id is None:
            product = self.products.get(key.product_id)
            return product.stock_quantity if product and product.id not in self.by_variation else 0
        variation = self.variations.get(key.variation_id)
        return variation.stock_quantity if variation else 0


def lock(keys: Sequence[StockKey]) -> LockedStock:
    """Lock the products, then the variations, each by id, and read them; needs a transaction."""
    product_ids = {key.product_id for key in keys}
    variation_ids = {key.variation_id for key in keys if key.variation_id is not None}
    products = lock_rows(Product.objects.filter(id__in=product_ids))
    variations = lock_rows(ProductVariation.objects.filter(id__in=variation_ids)) if variation_ids else []
    own_ids = {key.product_id for key in keys if key.variation_id is None}
    return LockedStock(
        {row.id: row for row in products}, {row.id: row for row in variations}, _selling_by_variation(own_ids)
    )


def _selling_by_variation(product_ids: Collection[int]) -> set[int]:
    if not product_ids:
        return set()
    return set(ProductVariation.objects.filter(product_id__in=product_ids).values_list("product_id", flat=True))


def take(*, demand: Mapping[StockKey, int], order_number: str, actor: User | None = None) -> Mapping[StockKey, Goods]:
    """Take the demand (units per stock row, each at least 1) for an order, all of it or nothing.

    Answers the goods as they are under the lock, with their levels before the sale. Raises OutOfStock with every
    short line; the transaction must then be rolled back. Emits `stock.low` for what falls to its threshold. To be
    called last in a transaction: whoever wants the same goods waits from here until the commit.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("row locks need a transaction")
    rows = sale_rows.take(
        demand=[(*key, quantity) for key, quantity in demand.items()],
        reason=Reason.SALE,
        order_number=order_number,
        actor_id=actor.pk if actor else None,
    )
    found = {StockKey(row.product_id, row.variation_id): row for row in rows}
    missed = [key for key, _ in sorted(demand.items(), key=_by_row) if not found[key].is_taken]
    if missed:
        raise out_of_stock({key: (demand[key], _available(found[key])) for key in missed})
    taken = {key: row.goods for key, row in found.items() if row.goods is not None}
    _tell_low(taken, demand)
    return taken


def _available(row: TakenRow) -> int:
    """The units there are; none of a variation that is gone, whatever its product has."""
    if row.goods is None or (row.variation_id is not None and row.goods.variation is None):
        return 0
    return row.goods.level


def give_back(*, units: Mapping[StockKey, int], order_number: str, reason: Reason, actor: User | None = None) -> None:
    """Put units of an order back; the caller makes sure, under the order's lock, that it happens once.

    Units of a product that has come to sell by variation since have no level to go to: the ledger shows them coming
    in and going out again, with a note, for staff to count them to a variation.
    """
    wanted = {key: quantity for key, quantity in units.items() if quantity}
    if not wanted:
        return
    locked = lock(list(wanted))
    homeless = {
        key: quantity
        for key, quantity in wanted.items()
        if key.variation_id is None and key.product_id in locked.by_variation
    }
    _change({key: quantity for key, quantity in wanted.items() if key not in homeless}, reason, order_number, "", actor)
    _write_movements(homeless, reason, order_number, "", actor)
    out = {key: -quantity for key, quantity in homeless.items()}
    _write_movements(out, Reason.ADJUSTMENT, order_number, HOMELESS_NOTE, actor)


def out_of_stock(short: Mapping[StockKey, tuple[int, int]]) -> OutOfStock:
    """The error that names each short line: asked for and available."""
    lines = [
        {
            "product": key.product_id,
            "variation": key.variation_id,
            "requested": requested,
            "available": available,
        }
        for key, (requested, available) in short.items()
    ]
    return OutOfStock(lines=lines)


@transaction.atomic
def open_stock(*, key: StockKey, quantity: int, reason: Reason = Reason.OPENING, actor: User | None = None) -> None:
    """Book the opening stock of a new product or variation (nothing for 0); raises InvalidInput for too much."""
    if quantity:
        _check_room(lock([key]), key, quantity)
        _change({key: quantity}, reason, "", "", actor)


def note_opened(*, source: str, reason: Reason) -> None:
    """Enter into the ledger the stock with which this transaction inserted products and variations.

    `source` is SQL of the calling module, never of a caller's input: a query of product, variation (null for the
    product's own) and units, one row for each level above zero.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO products_stockmovement (product_id, variation_id, delta, reason) "  # noqa: S608
            f"SELECT o.product_id, o.variation_id, o.units, %s FROM ({source}) o",
            [reason.value],
        )


def forget_new(*, product_ids: Sequence[int], variation_ids: Sequence[int]) -> None:
    """Take the opening stock of rows that the caller is about to delete out of the ledger, movements and all.

    The caller holds their locks and has made sure that nothing else ever moved. A product that stays while its
    variations go loses their units.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE products_productvariation SET stock_quantity = 0
            WHERE id = ANY(%(variations)s) AND stock_quantity <> 0;

            DELETE FROM products_stockmovement
            WHERE variation_id = ANY(%(variations)s) OR product_id = ANY(%(products)s)
            """,
            {"products": list(product_ids), "variations": list(variation_ids)},
        )


@dataclass(frozen=True)
class PastMovement:
    """A movement that happened earlier."""

    key: StockKey
    delta: int
    reason: Reason
    order_number: str
    at: datetime


@transaction.atomic
def book_past(*, movements: Sequence[PastMovement]) -> None:
    """Book what moved earlier, such as for orders of the past; the levels change by the sums, in sets.

    Raises OutOfStock where a level would fall below 0.
    """
    sums: Counter[StockKey] = Counter()
    for each in movements:
        sums[each.key] += each.delta
    lock(list(sums))
    _update_levels("products_product", {key.product_id: d for key, d in sums.items() if key.variation_id is None})
    _update_levels("products_productvariation", {key.variation_id: d for key, d in sums.items() if key.variation_id})
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO products_stockmovement (product_id, variation_id, delta, reason, order_number, created_at)
            SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::int[], %s::text[], %s::text[], %s::timestamptz[])
            """,
            [
                [each.key.product_id for each in movements],
                [each.key.variation_id for each in movements],
                [each.delta for each in movements],
                [each.reason.value for each in movements],
                [each.order_number for each in movements],
                [each.at for each in movements],
            ],
        )


@transaction.atomic
def adjust(
    *,
    key: StockKey,
    note: str,
    delta: int | None = None,
    quantity: int | None = None,
    expected_quantity: int | None = None,
    actor: User | None = None,
) -> int:
    """Correct a level by `delta`, or to `quantity` if it is `expected_quantity`; returns the new level.

    Raises StockChanged where the level is another than expected, OutOfStock where it would fall below 0, InvalidInput
    for a product that sells by variation.
    """
    locked = lock([key])
    if key.product_id in locked.by_variation:
        raise InvalidInput.of("variation", "variation_required", "This product has stock by variation only.")
    if key.product_id not in locked.products or (key.variation_id or 0) not in {0, *locked.variations}:
        raise NotFound
    level = locked.level(key)
    if quantity is not None:
        if level != expected_quantity:
            raise StockChanged(quantity=level)
        delta = quantity - level
    if delta is None:
        raise InvalidInput.of("delta", "required", "Either delta, or quantity with expected_quantity.")
    if level + delta < 0:
        raise out_of_stock({key: (-delta, level)})
    _check_room(locked, key, delta)
    if delta:
        _change({key: delta}, Reason.ADJUSTMENT, "", note, actor)
    return level + delta


def _check_room(locked: LockedStock, key: StockKey, delta: int) -> None:
    """Raise InvalidInput where the product's level, which counts all variations, would outgrow its column."""
    if delta > 0 and locked.products[key.product_id].stock_quantity + delta > MOST_UNITS:
        raise InvalidInput.of(None, "too_many_units", f"A product has at most {MOST_UNITS} units, variations included.")


def _by_row(item: tuple[StockKey, int]) -> tuple[int, int]:
    return item[0].product_id, item[0].variation_id or 0


def _change(deltas: Mapping[StockKey, int], reason: Reason, order_number: str, note: str, actor: User | None) -> None:
    """Change locked levels, guarded against falling below zero, and write the movements."""
    change_levels(deltas)
    _write_movements(deltas, reason, order_number, note, actor)


def change_levels(deltas: Mapping[StockKey, int]) -> None:
    """Change locked levels, for those modules of stock that write the movements themselves.

    Raises OutOfStock where one would fall below zero.
    """
    of_products = {key.product_id: delta for key, delta in deltas.items() if key.variation_id is None}
    of_variations = {key.variation_id: delta for key, delta in deltas.items() if key.variation_id is not None}
    _update_levels("products_product", of_products)
    _update_levels("products_productvariation", of_variations)


def _write_movements(
    deltas: Mapping[StockKey, int], reason: Reason, order_number: str, note: str, actor: User | None
) -> None:
    StockMovement.objects.bulk_create(
        StockMovement(
            product_id=key.product_id,
            variation_id=key.variation_id,
            delta=delta,
            reason=reason,
            order_number=order_number,
            note=note,
            actor=actor,
        )
        for key, delta in sorted(deltas.items(), key=_by_row)
    )


def _update_levels(table: str, deltas: Mapping[int, int]) -> None:
    if not deltas:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE {table} AS t SET stock_quantity = t.stock_quantity + d.delta
            FROM (SELECT unnest(%s::bigint[]) AS id, unnest(%s::int[]) AS delta) d
            WHERE t.id = d.id AND t.stock_quantity + d.delta >= 0
            """,  # noqa: S608 - the table's name is one of two constants above
            [list(deltas), list(deltas.values())],
        )
        if cursor.rowcount != len(deltas):
            raise OutOfStock


def _tell_low(taken: Mapping[StockKey, Goods], demand: Mapping[StockKey, int]) -> None:
    """Emit `stock.low` for levels that this sale took to their threshold or below it; rests are to be sold out."""
    for key, goods in taken.items():
        threshold, left = goods.product.low_stock_threshold, goods.level - demand[key]
        if goods.level > threshold >= left and not goods.product.is_discontinued:
            outbox.emit("stock.low", resource=f"product:{key.product_id}", variation_id=key.variation_id, quantity=left)
