"""Turns the text of one cell into a value, or says with a stable code why that cannot be."""

import re
import unicodedata
from collections.abc import Collection
from datetime import UTC, datetime
from decimal import ROUND_DOWN, Decimal

from common.imports.errors import BadValue

_LETTERS_OF_CURRENCY = re.compile(r"^[A-Z]{3}(?=[0-9+-])|(?<=[0-9.])[A-Z]{3}$")
_PLAIN = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?|[+-]?\.[0-9]+")
# 1,299 and 1,299,000 as well as the Indian 1,23,456
_GROUPED_BY_COMMA = re.compile(r"[+-]?[1-9][0-9]{0,2}(,[0-9]{2,3})*,[0-9]{3}(\.[0-9]*)?")
_GROUPED_BY_DOT = re.compile(r"[+-]?[1-9][0-9]{0,2}(\.[0-9]{3})+,[0-9]*|[+-]?[1-9][0-9]{0,2}(\.[0-9]{3}){2,}")
_GROUPED_BY_APOSTROPHE = re.compile(r"[+-]?[1-9][0-9]{0,2}('[0-9]{3})+(\.[0-9]*)?")
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]{1,2}")
_SLUG = re.compile(r"[a-z0-9_-]+", re.IGNORECASE)
_TRUE = {"true", "yes", "y", "1", "on", "active", "published"}
_FALSE = {"false", "no", "n", "0", "off", "inactive", "draft"}
_PLAIN_SIGNS = {ord("\N{MINUS SIGN}"): "-", ord("\N{RIGHT SINGLE QUOTATION MARK}"): "'"}
_LONGEST_NUMBER = 40
MAX_INTEGER = 2_147_483_647
_FIRST_YEAR, _LAST_YEAR = 1900, 2999  # beyond, zones and databases count otherwise than Python


def parse_text(text: str, *, longest: int) -> str:
    """Return the text; raises BadValue where it is longer than the column that keeps it."""
    if len(text) > longest:
        raise BadValue("too_long", f"longer than {longest} characters")
    return text


def parse_slug(text: str, *, longest: int, reserved: Collection[str]) -> str:
    """Return the slug; raises BadValue where it holds more than letters, digits, hyphens and underscores."""
    if not _SLUG.fullmatch(text):
        raise BadValue("bad_slug", "a slug holds only letters of a-z, digits, hyphens and underscores")
    if text in reserved:
        raise BadValue("reserved_slug", "this slug is reserved")
    return parse_text(text, longest=longest)


def parse_amount(text: str, *, digits: int = 10, may_be_negative: bool = False) -> Decimal:
    """Return a number of two decimals from what merchants write: `$12`, `1,299.00`, `1.299,00`, `₹1,23,456`.

    Raises BadValue for what is no number, has more than two decimals, a wrong sign or too many digits.
    """
    number = Decimal(_plain_number(text))
    if number != number.quantize(Decimal("0.01"), ROUND_DOWN):
        raise BadValue("too_many_decimals", "more than two decimals")
    if number < 0 and not may_be_negative:
        raise BadValue("negative", "below zero")
    if abs(number) >= 10 ** (digits - 2):
        raise BadValue("too_large", f"more than {digits - 2} digits before the decimals")
    return number.quantize(Decimal("0.01"))


def parse_number(text: str) -> Decimal:
    """Return any number, of as many decimals as are written; raises BadValue for what is none."""
    return Decimal(_plain_number(text))


def parse_count(text: str) -> int:
    """Return a whole number from zero up; raises BadValue for anything else."""
    number = parse_number(text)
    if number != number.to_integral_value():
        raise BadValue("not_an_integer", "not a whole number")
    if number < 0:
        raise BadValue("negative", "below zero")
    if number > MAX_INTEGER:
        raise BadValue("too_large", f"more than {MAX_INTEGER}")
    return int(number)


def parse_boolean(text: str) -> bool:
    """Return true or false from the words that spreadsheets use for them."""
    word = text.casefold()
    if word not in _TRUE | _FALSE:
        raise BadValue("not_a_boolean", "neither true nor false")
    return word in _TRUE


def parse_moment(text: str) -> str:
    """Return a date and time of ISO 8601 with its zone, UTC where it names none; raises BadValue."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadValue("bad_date", "not a date and time of ISO 8601") from error
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise BadValue("bad_date", f"not within the years {_FIRST_YEAR} to {_LAST_YEAR}")
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()


def _plain_number(text: str) -> str:
    if text.isascii() and len(text) <= _LONGEST_NUMBER and _PLAIN.fullmatch(text):
        return text
    bare = "".join(
        letter for letter in text if not letter.isspace() and unicodedata.category(letter) not in {"Sc", "Zs"}
    )
    bare = _LETTERS_OF_CURRENCY.sub("", bare).translate(_PLAIN_SIGNS)
    if len(bare) > _LONGEST_NUMBER:
        raise BadValue("not_a_number", "not a number")
    if _PLAIN.fullmatch(bare):
        return bare
    if _GROUPED_BY_COMMA.fullmatch(bare):
        return bare.replace(",", "")
    if _GROUPED_BY_DOT.fullmatch(bare):
        return bare.replace(".", "").replace(",", ".")
    if _GROUPED_BY_APOSTROPHE.fullmatch(bare):
        return bare.replace("'", "")
    if _DECIMAL_COMMA.fullmatch(bare):
        return bare.replace(",", ".")
    raise BadValue("not_a_number", "not a number")
