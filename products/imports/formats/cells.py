"""Reads the cells of one row of another shop's export, and notes what is wrong with them."""

import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from common.imports import values
from common.imports.errors import BadValue, Refusal
from common.imports.formulas import unprotect
from common.remote_files import is_fetchable
from products.imports.formats.format import SourceRow

ParsedT = TypeVar("ParsedT")

# ="0012" is how files for spreadsheets keep a number's zeros.
_TEXT_FORMULA = re.compile(r'="([^"]*)"')
_CENTS = Decimal("0.01")


class RowCells:
    """One row as its format reads it; a value that cannot be read is None and among the refusals."""

    def __init__(self, row: SourceRow, refusals: list[Refusal]) -> None:
        self.line = row.line
        self._cells = row.cells
        self._refusals = refusals

    def states(self, *columns: str) -> bool:
        """Whether the file has any of these columns."""
        return any(column in self._cells for column in columns)

    def text(self, column: str) -> str:
        """Return the text without blanks around it and without the apostrophe before a formula."""
        return unprotect(self._cells.get(column, "").strip())

    def code(self, column: str) -> str:
        """Return a SKU or number without what spreadsheets need to leave it as it is."""
        text = self._cells.get(column, "").strip()
        wrapped = _TEXT_FORMULA.fullmatch(text)
        return (wrapped[1] if wrapped else text).removeprefix("'").strip()

    def amount(self, column: str) -> Decimal | None:
        """Return an amount of money, None where it is blank."""
        return self._parsed(column, values.parse_amount)

    def count(self, column: str) -> int | None:
        """Return a whole number, None where it is blank; one below zero is oversold stock, of which there is none."""
        return self._parsed(column, _parse_stock)

    def boolean(self, column: str) -> bool | None:
        """Return true or false, None where it is blank."""
        return self._parsed(column, values.parse_boolean)

    def kilograms(self, column: str, *, unit: Decimal) -> Decimal | None:
        """Return a weight rounded to ten grams, None where it is blank or zero; `unit` is the file's in kilograms."""
        return self._parsed(column, lambda text: _parse_weight(text, unit)) or None

    def refuse(self, column: str, code: str, reason: str) -> None:
        """Note once that the value of a column cannot be taken."""
        refusal = Refusal(self.line, column, self._cells.get(column, "").strip(), code, reason)
        if refusal not in self._refusals:
            self._refusals.append(refusal)

    def require(self, column: str) -> None:
        """Note that the column must not be blank."""
        self.refuse(column, "required", "must not be blank")

    def _parsed(self, column: str, parse: Callable[[str], ParsedT]) -> ParsedT | None:
        text = self.code(column)
        if not text:
            return None
        try:
            return parse(text)
        except BadValue as error:
            self.refuse(column, error.code, error.reason)
            return None


def picture_address(text: str) -> str:
    """Return a picture's address if it can be fetched, else the name of the file that it ends in."""
    address = text.strip()
    return address if is_fetchable(address) else picture_name(address)


def picture_name(address: str) -> str:
    """Return the name of the file that a picture's address ends in, blank where it has none."""
    try:
        return unquote(urlsplit(address.strip()).path).rpartition("/")[2]
    except ValueError:  # an address that no host can have
        return ""


def _parse_stock(text: str) -> int:
    return max(0, int(number)) if (number := values.parse_number(text)) < 0 else values.parse_count(text)


def _parse_weight(text: str, unit: Decimal) -> Decimal:
    kilograms = (values.parse_number(text) * unit).quantize(_CENTS, ROUND_HALF_UP)
    return values.parse_amount(str(kilograms), digits=8)
