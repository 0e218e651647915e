"""Stock told by feeds: many levels at once, by count or by change, in sets; each change writes a movement.

A count is true for the moment it was made at. What moved after that moment is applied on top of it, so a feed that
arrives late never brings back what was sold meanwhile.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from authentication.models import User
from common.locking import lock_rows
from products.models import Product, ProductVariation
from products.services import stock
from products.services.stock import MOST_UNITS, Reason, StockKey

MOST_AT_ONCE = 1000


@dataclass(frozen=True)
class Wish:
    """What a feed says of one level: `delta`, or `quantity`.

    A quantity replaces the level if that is `expected`, or was true at `counted_at`, or replaces it whatever it is
    where neither is given. A delta with `counted_at` is booked as of that time.
    """

    key: StockKey
    quantity: int | None = None
    expected: int | None = None
    delta: int | None = None
    counted_at: datetime | None = None
    note: str = ""


@dataclass(frozen=True)
class Outcome:
    """What became of a wish: the units that moved, or a stable code and a reason why it was refused."""

    before: int
    change: int = 0
    code: str = ""
    reason: str = ""


@dataclass(frozen=True)
class _Level:
    """A level as it is, and what moved since the count."""

    now: int | None
    of_product: int
    by_variation: bool
    moved: int
    is_overtaken: bool
    is_ahead: bool


# A movement takes effect when it was booked or, where it corrects the books to a count, at the time of the count.
# Opening stock is no goods that moved: it says where counting begins.
_LOOK = """
SELECT CASE WHEN w.variation_id IS NULL THEN p.stock_quantity ELSE v.stock_quantity END, coalesce(p.stock_quantity, 0),
    w.variation_id IS NULL AND EXISTS (SELECT FROM products_productvariation x WHERE x.product_id = w.product_id),
    coalesce(later.moved, 0), coalesce(later.is_overtaken, false),
    coalesce(w.counted_at > clock_timestamp(), false)
FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[]) WITH ORDINALITY
    AS w (product_id, variation_id, counted_at, place)
LEFT JOIN products_product p ON p.id = w.product_id
LEFT JOIN products_productvariation v ON v.id = w.variation_id AND v.product_id = p.id
LEFT JOIN LATERAL (
    SELECT sum(m.delta) FILTER (
            WHERE coalesce(m.effective_at, m.created_at) > w.counted_at AND m.reason NOT IN ('opening', 'import')
        ) AS moved,
        bool_or(m.effective_at > w.counted_at) AS is_overtaken
    FROM products_stockmovement m
    WHERE m.product_id = w.product_id AND m.created_at > w.counted_at
        AND m.variation_id IS NOT DISTINCT FROM w.variation_id
) later ON w.counted_at IS NOT NULL
ORDER BY w.place
"""
_BOOK = """
INSERT INTO products_stockmovement (
    product_id, variation_id, delta, note, effective_at, reason, actor_id, order_number, created_at
)
SELECT w.product_id, w.variation_id, w.delta, w.note, w.effective_at, %s, %s, '', clock_timestamp()
FROM unnest(%s::bigint[], %s::bigint[], %s::int[], %s::text[], %s::timestamptz[]) WITH ORDINALITY
    AS w (product_id, variation_id, delta, note, effective_at, place)
ORDER BY w.product_id, w.variation_id NULLS FIRST
"""


def look(*, wishes: Sequence[Wish]) -> list[Outcome]:
    """What `apply` would do now, in the order of the wishes; locks and writes nothing."""
    levels = _look(wishes)
    added: Counter[int] = Counter()
    return [_decide(wish, level, added) for wish, level in zip(wishes, levels, strict=True)]


@transaction.atomic
def apply(*, wishes: Sequence[Wish], reason: Reason = Reason.FEED, actor: User | None = None) -> list[Outcome]:
    """Bring the levels to what the wishes say, each or not at all; the outcomes in the order of the wishes.

    At most MOST_AT_ONCE wishes, one per level, so that locks are short (ValueError). Locks the products by id, then
    the variations by id.
    """
    if len(wishes) > MOST_AT_ONCE or len({wish.key for wish in wishes}) < len(wishes):
        raise ValueError(f"at most {MOST_AT_ONCE} wishes at once, one per level")
    lock_levels([wish.key for wish in wishes])
    outcomes = look(wishes=wishes)
    moved = [(wish, done.change) for wish, done in zip(wishes, outcomes, strict=True) if done.change]
    if moved:
        stock.change_levels({wish.key: change for wish, change in moved})
        _book(moved, reason, actor)
    return outcomes


def lock_levels(keys: Sequence[StockKey]) -> None:
    """Lock what the keys name, products by id, then variations by id, without reading it; needs a transaction."""
    lock_rows(Product.objects.only("id").filter(id__in={key.product_id for key in keys}))
    variation_ids = {key.variation_id for key in keys if key.variation_id is not None}
    if variation_ids:
        lock_rows(ProductVariation.objects.only("id").filter(id__in=variation_ids))


def _look(wishes: Sequence[Wish]) -> list[_Level]:
    with connection.cursor() as cursor:
        cursor.execute(
            _LOOK,
            [
                [wish.key.product_id for wish in wishes],
                [wish.key.variation_id for wish in wishes],
                [wish.counted_at for wish in wishes],
            ],
        )
        return [_Level(*row) for row in cursor.fetchall()]


def _decide(wish: Wish, level: _Level, added: Counter[int]) -> Outcome:
    """What to do about one wish; `added` holds what the wishes before it add to each product."""
    before = level.now or 0
    if refusal := _refusal(wish, level):
        return Outcome(before, 0, *refusal)
    change = _change_of(wish, level, before)
    if before + change < 0:
        return Outcome(before, 0, "out_of_stock", f"there are {before}, which is {-before - change} too few")
    if change > 0:
        if level.of_product + added[wish.key.product_id] + change > MOST_UNITS:
            reason = f"a product has at most {MOST_UNITS} units, variations included"
            return Outcome(before, 0, "too_many_units", reason)
        added[wish.key.product_id] += change
    return Outcome(before, change)


def _refusal(wish: Wish, level: _Level) -> tuple[str, str] | None:
    if level.now is None:
        return "unknown_sku", "it is not in the shop any more"
    if level.by_variation:
        return "variation_required", "the product has stock by variation only"
    if level.is_ahead:
        return "in_the_future", "nobody has counted yet at this time"
    return None if wish.quantity is None else _refusal_of_quantity(wish, level)


def _refusal_of_quantity(wish: Wish, level: _Level) -> tuple[str, str] | None:
    wishes_something = wish.expected != wish.quantity
    if wish.expected is not None and wishes_something and level.now not in (wish.expected, wish.quantity):
        return "stock_changed", f"the stock is {level.now}"
    if level.is_overtaken:
        return "count_overtaken", "the stock was set by a later count"
    return None


def _change_of(wish: Wish, level: _Level, before: int) -> int:
    if wish.quantity is None:
        return wish.delta or 0
    if wish.expected == wish.quantity:  # nothing is wished, whatever moved meanwhile
        return 0
    return wish.quantity + level.moved - before


def _book(moved: Sequence[tuple[Wish, int]], reason: Reason, actor: User | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            _BOOK,
            [
                reason.value,
                actor.pk if actor else None,
                [wish.key.product_id for wish, _ in moved],
                [wish.key.variation_id for wish, _ in moved],
                [change for _, change in moved],
                [wish.note for wish, _ in moved],
                [wish.counted_at for wish, _ in moved],
            ],
        )


def _find_keys(skus: Sequence[str]) -> Mapping[str, list[StockKey]]:
    """The levels that bear these SKUs; more than one where a product and a variation share it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT v.sku, v.product_id, v.id FROM products_productvariation v WHERE v.sku = ANY(%(skus)s)
            UNION ALL
            SELECT p.sku, p.id, NULL FROM products_product p
            WHERE p.sku = ANY(%(skus)s) AND NOT EXISTS (
                SELECT FROM products_productvariation v WHERE v.product_id = p.id AND v.sku = p.sku
            )
            """,
            {"skus": list(skus)},
        )
        found: dict[str, list[StockKey]] = {}
        for sku, product_id, variation_id in cursor.fetchall():
            found.setdefault(sku, []).append(StockKey(product_id, variation_id))
    return found


@dataclass(frozen=True)
class SkuWish:
    """A wish for what bears the SKU."""

    sku: str
    quantity: int | None = None
    expected: int | None = None
    delta: int | None = None
    counted_at: datetime | None = None
    note: str = ""


@transaction.atomic
def apply_by_sku(*, wishes: Sequence[SkuWish], actor: User | None = None) -> list[Outcome]:
    """As `apply`, by SKU: one that nothing, or more than one thing, bears is refused, and one that stands twice."""
    keys = _find_keys([wish.sku for wish in wishes])
    times = Counter(wish.sku for wish in wishes)
    outcomes: dict[str, Outcome] = {}
    found = []
    for wish in wishes:
        of_sku = keys.get(wish.sku, [])
        if times[wish.sku] > 1:
            outcomes[wish.sku] = Outcome(0, 0, "repeated_sku", f"the SKU stands {times[wish.sku]} times")
        elif not of_sku:
            outcomes[wish.sku] = Outcome(0, 0, "unknown_sku", "the shop has nothing with this SKU")
        elif len(of_sku) > 1:
            outcomes[wish.sku] = Outcome(0, 0, "ambiguous_sku", "a product and a variation of another one have it")
        else:
            found.append(
                (wish.sku, Wish(of_sku[0], wish.quantity, wish.expected, wish.delta, wish.counted_at, wish.note))
            )
    applied = apply(wishes=[wish for _, wish in found], actor=actor)
    outcomes |= {sku: outcome for (sku, _), outcome in zip(found, applied, strict=True)}
    return [outcomes[wish.sku] for wish in wishes]
