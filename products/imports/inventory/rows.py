"""One row of a stock feed in, what it wishes out, or all that is wrong with it."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from django.conf import settings

from common.imports import values
from common.imports.errors import BadValue
from common.imports.flat_files import FlatRow
from products.imports.inventory.columns import FeedFormat
from products.services.stock import MOST_UNITS

_LONGEST_REASON = 255
_SHORTEST_TIME = len("2026-01-01T00")
_NOT_STOCKED = "not stocked"  # Shopify, of a place that does not have the thing


@dataclass(frozen=True)
class FeedOptions:
    """What holds for every row of the file that does not say it itself."""

    may_set: bool = False
    counted_at: datetime | None = None


@dataclass(frozen=True)
class FeedLine:
    """What a row says of one SKU."""

    sku: str
    quantity: int | None
    expected: int | None
    counted_at: datetime | None
    delta: int | None
    threshold: int | None
    note: str


def parse_line(row: FlatRow, *, file_format: FeedFormat, options: FeedOptions) -> FeedLine | None:
    """What the row says; None where that cannot be taken, which the row's refusals tell."""
    sku = row.parsed("sku", partial(values.parse_text, longest=50)) or ""
    if not row.text("sku"):
        row.refuse("sku", "required", "must not be blank")
    quantity = row.parsed("quantity", _parse_place if file_format.adds_up else values.parse_count)
    line = FeedLine(
        sku=sku,
        quantity=_within(row, "quantity", quantity),
        expected=row.parsed("expected_quantity", values.parse_count),
        counted_at=row.parsed("counted_at", parse_time),
        delta=_within(row, "delta", row.parsed("delta", _parse_change)),
        threshold=row.parsed("low_stock_threshold", values.parse_count),
        note=row.parsed("reason", partial(values.parse_text, longest=_LONGEST_REASON)) or "",
    )
    if not row.refusals:
        line = _with_rule(row, line, options)
    return None if row.refusals else line


def _with_rule(row: FlatRow, line: FeedLine, options: FeedOptions) -> FeedLine:
    """The line with the rule by which its quantity may replace a level; what has none is refused."""
    if line.quantity is None:
        for column, value in (("expected_quantity", line.expected), ("counted_at", line.counted_at)):
            if value is not None:
                row.refuse(column, "quantity_missing", "goes with a quantity only")
        return line
    if line.delta is not None:
        row.refuse("delta", "quantity_or_delta", "a row has either a quantity or a delta")
        return line
    if line.expected is not None and line.counted_at is not None:
        row.refuse("counted_at", "expected_or_counted", "a quantity goes with one of the two")
    if line.expected is not None or line.counted_at is not None or options.may_set:
        return line
    if options.counted_at is None:
        row.refuse(
            "quantity",
            "unsafe_quantity",
            "it may bring back what was sold meanwhile: say expected_quantity, counted_at or --set",
        )
    return FeedLine(**{**vars(line), "counted_at": options.counted_at})


def parse_time(text: str) -> datetime:
    """A moment as ISO 8601 writes it; without an offset it is of the shop's time zone. Raises BadValue."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadValue("not_a_time", "not a time such as 2026-01-31T08:30:00Z") from error
    if len(text) < _SHORTEST_TIME:
        raise BadValue("not_a_time", "a day without an hour, such as 2026-01-31T08:30:00Z has")
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(settings.SHOP_TIME_ZONE))


def _parse_change(text: str) -> int:
    number = values.parse_number(text)
    if number != number.to_integral_value():
        raise BadValue("not_an_integer", "not a whole number")
    if abs(number) > MOST_UNITS:
        raise BadValue("too_large", f"more than {MOST_UNITS}")
    return int(number)


def _parse_place(text: str) -> int:
    """Of one place of several; oversold ones, below zero, count too, as they do in the sum."""
    return 0 if text.casefold() == _NOT_STOCKED else _parse_change(text)


def _within(row: FlatRow, column: str, number: int | None) -> int | None:
    if number is not None and abs(number) > MOST_UNITS:
        row.refuse(column, "too_large", f"more than {MOST_UNITS}")
        return None
    return number
