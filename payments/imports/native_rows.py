"""The native format of orders: its columns, and one row's cells as values."""

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TypeAlias

from authentication.imports.rows import parse_email
from common.imports.errors import BadValue
from common.imports.formulas import unprotect
from common.imports.values import parse_amount, parse_boolean, parse_count, parse_moment, parse_number, parse_text
from orders.models import Order

Value: TypeAlias = str | bool | int | Decimal | None
ADDRESS = ("full_name", "company", "phone", "address_line1", "address_line2", "city", "state", "postal_code", "country")
ADDRESSES = tuple(f"{kind}_{column}" for kind in ("shipping", "billing") for column in ADDRESS)

# Of the order: they stand in its first row; further rows leave them blank or repeat them.
ORDER_COLUMNS = {
    "created_at": "timestamptz",
    "status": "text",
    "email": "text",
    "currency": "text",
    "prices_include_tax": "boolean",
    "shipping_method": "text",
    "tracking_number": "text",
    "notes": "text",
    "coupon_code": "text",
    "shipping_cost": "numeric",
    "shipping_discount": "numeric",
    "shipping_tax": "numeric",
    "discount": "numeric",
    "tax": "numeric",
    "total": "numeric",
    "tax_lines": "text",
    "paid_at": "timestamptz",
    "payment_method": "text",
    "transaction_id": "text",
    **dict.fromkeys(ADDRESSES, "text"),
}
LINE_COLUMNS = {
    "sku": "text",
    "product_name": "text",
    "variation_name": "text",
    "quantity": "integer",
    "price": "numeric",
    "unit_cost": "numeric",
    "discount_share": "numeric",
    "tax_rate": "numeric",
    "line_tax": "numeric",
}
# A row with a number in `refund` is no line but a part of that refund: of the n-th line, or, without one, of shipping.
REFUND_COLUMNS = {
    "refund": "integer",
    "refund_line": "integer",
    "refunded_at": "timestamptz",
    "refund_amount": "numeric",
    "refund_tax": "numeric",
    "refund_quantity": "integer",
    "refund_restocked": "integer",
    "refund_by_lines": "boolean",
    "refund_reason": "text",
    "refund_transaction_id": "text",
}
TYPES = {"order_number": "text", **ORDER_COLUMNS, **LINE_COLUMNS, **REFUND_COLUMNS}
COLUMNS = tuple(TYPES)


class WrongCells(Exception):
    """Raised with the wrong cells of a row: column, text and error of each."""

    def __init__(self, wrong: list[tuple[str, str, BadValue]]) -> None:
        super().__init__(f"{len(wrong)} cells")
        self.wrong = wrong


def parse_row(cells: Mapping[str, str]) -> dict[str, Value]:
    """Return the row's values, null where a cell is blank or missing; raises WrongCells."""
    row: dict[str, Value] = {}
    wrong: list[tuple[str, str, BadValue]] = []
    texts = {column: unprotect(cells.get(column, "").strip()) for column in COLUMNS}
    for column, text in texts.items():
        try:
            row[column] = _PARSERS[column](text) if text else None
        except BadValue as error:
            wrong.append((column, text, error))
    required = (
        ("refund", "refunded_at", "refund_amount") if texts["refund"] else ("sku", "product_name", "quantity", "price")
    )
    missing = [column for column in ("order_number", *required) if not texts[column]]
    wrong += [(column, "", BadValue("required", "must not be blank")) for column in missing]
    if wrong:
        raise WrongCells(wrong)
    return row


def _text(longest: int) -> Callable[[str], str]:
    return lambda text: parse_text(text, longest=longest)


def _number(text: str) -> str:
    return parse_text(text, longest=20).upper()


def _status(text: str) -> str:
    if text not in Order.Status.values:
        raise BadValue("unknown_status", f"none of {', '.join(Order.Status.values)}")
    return text


def _tax_lines(text: str) -> str:
    try:
        lines = json.loads(text)
    except ValueError:
        lines = None
    if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines):
        raise BadValue("bad_tax_lines", "not a JSON list of objects")
    return json.dumps(lines)


def _positive(text: str) -> int:
    count = parse_count(text)
    if count == 0:
        raise BadValue("not_positive", "must be at least 1")
    return count


def _rate(text: str) -> Decimal:
    rate = parse_number(text)
    if not 0 <= rate < 1000 or rate != round(rate, 3):
        raise BadValue("bad_rate", "not a rate in per cent with up to three decimals")
    return rate


_PARSERS: dict[str, Callable[[str], Value]] = {
    **dict.fromkeys(COLUMNS, _text(255)),
    **{column: parse_amount for column, kind in TYPES.items() if kind == "numeric"},
    **{column: parse_moment for column, kind in TYPES.items() if kind == "timestamptz"},
    **{column: parse_boolean for column, kind in TYPES.items() if kind == "boolean"},
    **{column: parse_count for column, kind in TYPES.items() if kind == "integer"},
    "order_number": _number,
    "quantity": _positive,
    "refund": _positive,
    "refund_line": _positive,
    "status": _status,
    "email": parse_email,
    "tax_lines": _tax_lines,
    "tax_rate": _rate,
    "sku": _text(50),
    "coupon_code": _text(40),
    "shipping_method": _text(100),
    "notes": _text(100_000),
    "refund_reason": _text(100_000),
}
