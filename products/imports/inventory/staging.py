"""The staged rows of a stock feed: a temporary table that outlives the feed's transactions and ends with its run."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from common.imports.blocks import read_blocks
from common.imports.copying import CopiedLines
from common.imports.errors import Refusal, RefusedRow
from common.imports.flat_files import FlatRow
from products.imports.inventory.rows import FeedLine
from products.services.stock import StockKey
from products.services.stock_feed import Wish

# A row with `part_of` was added to the row with that id. Lower part: what matching finds out.
_CREATE = """
DROP TABLE IF EXISTS feed_row;
CREATE TEMPORARY TABLE feed_row (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    line integer NOT NULL,
    cells jsonb NOT NULL,
    sku text NOT NULL,
    quantity bigint,
    expected integer,
    counted_at timestamptz,
    delta bigint,
    threshold integer,
    note text NOT NULL,

    product_id bigint,
    variation_id bigint,
    part_of integer,
    is_skipped boolean NOT NULL DEFAULT false,
    refusal_column text,
    refusal_code text,
    refusal_reason text
)
"""
_COPY = "COPY feed_row (line, cells, sku, quantity, expected, counted_at, delta, threshold, note) FROM STDIN"
_INDEX = "CREATE INDEX ON feed_row (sku); ANALYZE feed_row"

_MATCH = """
UPDATE feed_row r SET product_id = v.product_id, variation_id = v.id
FROM products_productvariation v WHERE v.sku = r.sku;

UPDATE feed_row r
SET refusal_column = 'sku', refusal_code = 'ambiguous_sku',
    refusal_reason = 'a product and a variation of another one have this SKU'
FROM products_product p WHERE p.sku = r.sku AND r.variation_id IS NOT NULL AND r.product_id <> p.id;

UPDATE feed_row r SET product_id = p.id
FROM products_product p WHERE p.sku = r.sku AND r.variation_id IS NULL;

UPDATE feed_row r
SET refusal_column = 'low_stock_threshold', refusal_code = 'threshold_of_product',
    refusal_reason = 'a variation is held to the threshold of its product'
WHERE r.variation_id IS NOT NULL AND r.threshold IS NOT NULL AND r.refusal_code IS NULL;
"""
_SKIP_UNKNOWN = "UPDATE feed_row r SET is_skipped = true WHERE r.product_id IS NULL"
_REFUSE_UNKNOWN = """
UPDATE feed_row r
SET refusal_column = 'sku', refusal_code = 'unknown_sku', refusal_reason = 'the shop has nothing with this SKU'
WHERE r.product_id IS NULL
"""
# A sum of which a part is missing is wrong as a whole.
_REFUSE_SPOILED = """
UPDATE feed_row r
SET refusal_column = 'sku', refusal_code = 'part_refused', refusal_reason = 'another row with this SKU is refused'
WHERE r.sku = ANY(%s) AND r.refusal_code IS NULL
"""
_REFUSE_REPEATED = """
UPDATE feed_row r
SET refusal_column = 'sku', refusal_code = 'repeated_sku',
    refusal_reason = 'the SKU stands ' || d.times || ' times, first in line ' || d.first_line
FROM (
    SELECT sku, count(*) AS times, min(line) AS first_line FROM feed_row GROUP BY sku
    HAVING count(*) > 1 AND {condition}
) d
WHERE d.sku = r.sku AND r.refusal_code IS NULL
"""
_ADD_UP = """
WITH d AS (
    SELECT sku, min(id) AS first, sum(quantity) AS quantity, sum(delta) AS delta, max(threshold) AS threshold
    FROM feed_row WHERE refusal_code IS NULL AND NOT is_skipped GROUP BY sku HAVING count(*) > 1
)
UPDATE feed_row r
SET part_of = CASE WHEN r.id <> d.first THEN d.first END,
    quantity = d.quantity, delta = d.delta, threshold = d.threshold
FROM d WHERE d.sku = r.sku AND r.refusal_code IS NULL AND NOT r.is_skipped
"""
_NONE_BELOW_ZERO = "UPDATE feed_row SET quantity = 0 WHERE quantity < 0"

_OPEN = "r.refusal_code IS NULL AND NOT r.is_skipped AND r.part_of IS NULL"
_KEY = "r.line, r.sku, r.product_id, r.variation_id"
_WISH = f"{_KEY}, r.quantity, r.expected, r.counted_at, r.delta, r.threshold, r.note"


@dataclass(frozen=True)
class StagedRow:
    """A row that may be applied."""

    id: int
    line: int
    sku: str
    threshold: int | None
    wish: Wish

    @property
    def moves_stock(self) -> bool:
        """Whether it says anything of the level."""
        return self.wish.quantity is not None or self.wish.delta is not None


@contextmanager
def staged_feed() -> Iterator["StagedFeed"]:
    """An empty table, which is dropped at the end."""
    with connection.cursor() as cursor:
        cursor.execute(_CREATE)
    try:
        yield StagedFeed()
    finally:
        if connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("DROP TABLE IF EXISTS feed_row")


class StagedFeed:
    """The rows that could be read, and what the shop says about them."""

    def __init__(self) -> None:
        self._lines = CopiedLines(_COPY)

    def add(self, row: FlatRow, line: FeedLine) -> None:
        """Take one row."""
        counted = line.counted_at.isoformat() if line.counted_at else None
        values = (line.quantity, line.expected, counted, line.delta, line.threshold, line.note)
        self._lines.add((row.line, row.raw, line.sku, *values))

    def match(self, *, skips_unknown: bool, adds_up: bool, spoiled: Collection[str]) -> None:
        """Find what each SKU is, add up the rows that belong together, and mark those that cannot be taken."""
        self._lines.flush()
        _execute(_INDEX)
        _execute(_MATCH)
        _execute(_SKIP_UNKNOWN if skips_unknown else _REFUSE_UNKNOWN)
        if adds_up:
            _execute(_REFUSE_SPOILED, [list(spoiled)])
        else:
            _execute(_REFUSE_REPEATED.format(condition="count(quantity) > 0"))
        _execute(_ADD_UP)
        _execute(_NONE_BELOW_ZERO)
        _execute("ANALYZE feed_row")

    def has_deltas(self) -> bool:
        """Whether any row counts a change, which must not be counted twice."""
        return _count("SELECT count(*) FROM (SELECT FROM feed_row WHERE delta IS NOT NULL LIMIT 1) one") > 0

    def skipped_count(self) -> int:
        """How many rows were left out as unknown."""
        return _count("SELECT count(*) FROM feed_row WHERE is_skipped")

    def blocks(self) -> Iterator[list[StagedRow]]:
        """The rows to apply, block by block, in the order of the file."""
        for block in read_blocks(_WISH, _OPEN, table="feed_row"):
            yield [_staged(*row) for row in block]

    def refused_blocks(self) -> Iterator[list[RefusedRow]]:
        """The rows that matching refused."""
        columns = "r.line, r.cells, r.refusal_column, r.sku, r.threshold::text, r.refusal_code, r.refusal_reason"
        for block in read_blocks(columns, "r.refusal_code IS NOT NULL", table="feed_row"):
            yield [_refused(*row[1:]) for row in block]

    def rows_of(self, row_id: int) -> list[tuple[int, list[str]]]:
        """Line and cells of a row and of those that were added to it."""
        condition = f"r.id = {row_id:d} OR r.part_of = {row_id:d}"
        return [
            (line, cells)
            for block in read_blocks("r.line, r.cells", f"({condition})", table="feed_row")
            for _, line, cells in block
        ]


def _staged(
    row_id: int,
    line: int,
    sku: str,
    product_id: int,
    variation_id: int | None,
    quantity: int | None,
    expected: int | None,
    counted_at: datetime | None,
    delta: int | None,
    threshold: int | None,
    note: str,
) -> StagedRow:
    wish = Wish(StockKey(product_id, variation_id), quantity, expected, delta, counted_at, note)
    return StagedRow(row_id, line, sku, threshold, wish)


def _refused(
    line: int, cells: list[str], column: str, sku: str, threshold: str | None, code: str, reason: str
) -> RefusedRow:
    value = sku if column == "sku" else threshold or ""
    return RefusedRow(line, cells, [Refusal(line, column, value, code, reason)])


def _execute(statement: str, values: Sequence[list[str]] = ()) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, list(values) or None)


def _count(statement: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return int(cursor.fetchone()[0])
