"""Turns one row of the file into values, or says what is wrong with it."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation

from common.imports.errors import BadValue
from common.imports.values import MAX_INTEGER, parse_amount, parse_number, parse_text

COLUMNS = ("invoiceno", "stockcode", "description", "quantity", "invoicedate", "unitprice", "customerid", "country")
# As this file has it, and as the original spreadsheet is often saved.
_DATES = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%m/%d/%Y %H:%M", "%m/%d/%y %H:%M")
_CENT = Decimal("0.01")
_MOST = Decimal(10) ** 8


class WrongCell(Exception):
    """Raised with the column whose value breaks a rule."""

    def __init__(self, column: str, value: str, error: BadValue) -> None:
        super().__init__(column)
        self.column = column
        self.value = value
        self.error = error


def parse_cells(cells: Sequence[str]) -> tuple[object, ...]:
    """Return number, code, name, quantity, time without zone, price, customer and country; raises WrongCell.

    Codes count in capitals, so that `85123a` and `85123A` are one product; a customer's `17850.0` is `17850`.
    """
    number, code, name, quantity, at, price, customer, country = cells
    return (
        _required("InvoiceNo", number, 20).upper(),
        _required("StockCode", code, 50).upper(),
        _checked("Description", name, lambda text: parse_text(text, longest=255)),
        _checked("Quantity", quantity, _quantity),
        _checked("InvoiceDate", at, _time),
        _checked("UnitPrice", price, _price),
        _checked("CustomerID", customer, _customer),
        _checked("Country", country, lambda text: parse_text(text, longest=100)),
    )


def _checked(column: str, cell: str, parse: "object") -> object:
    text = cell.strip()
    try:
        return parse(text)  # type: ignore[operator]
    except BadValue as error:
        raise WrongCell(column, cell, error) from error


def _required(column: str, cell: str, longest: int) -> str:
    text = cell.strip()
    if not text:
        raise WrongCell(column, cell, BadValue("required", "must not be blank"))
    if len(text) > longest:
        raise WrongCell(column, cell, BadValue("too_long", f"longer than {longest} characters"))
    return text


def _quantity(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        parsed = parse_number(text)
        if parsed != parsed.to_integral_value():
            raise BadValue("not_an_integer", "not a whole number") from None
        number = int(parsed)
    if number == 0 or abs(number) > MAX_INTEGER:
        raise BadValue("no_quantity", "zero, or more than the shop can count")
    return number


def _price(text: str) -> Decimal:
    try:
        price = Decimal(text)
        if price == price.quantize(_CENT) and abs(price) < _MOST:
            return price
    except InvalidOperation:
        pass
    return parse_amount(text, may_be_negative=True)


def _customer(text: str) -> str:
    number = text.removesuffix(".0")
    if number and not (number.isascii() and number.isalnum() and len(number) <= 40):
        raise BadValue("bad_customer", "not a customer's number")
    return number


def _time(text: str) -> str:
    for form in _DATES:
        try:
            return datetime.strptime(text, form).isoformat(" ")  # noqa: DTZ007 - the shop's zone is put to it by SQL
        except ValueError:
            continue
    raise BadValue("bad_date", "not a date and time")
