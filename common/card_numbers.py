"""Payment card numbers in what clients send: none is ever taken, so each is found before anything keeps or logs it.

docs/security.md tells the rule, and which long numbers are something else.
"""

import re
import unicodedata
from collections.abc import Iterator

from common.errors import DomainError, FieldError

# First digits and lengths of the schemes, as their issuers publish them (ISO/IEC 7812); 13 to 19 digits.
_SCHEMES = tuple(
    (re.compile(beginning), frozenset(lengths))
    for beginning, lengths in (
        (r"4", (13, 16, 19)),  # Visa
        (r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720", (16,)),  # Mastercard
        (r"3[47]", (15,)),  # American Express
        (r"30[0-5]|3095|3[689]", range(14, 20)),  # Diners Club
        (r"6011|64[4-9]|65", range(16, 20)),  # Discover, RuPay
        (r"35(2[89]|[3-8])", range(16, 20)),  # JCB
        (r"62|81", range(16, 20)),  # UnionPay, RuPay
        (r"5018|5020|5038|5893|6304|6759|676[1-3]", range(13, 20)),  # Maestro
        (r"220[0-4]", range(16, 20)),  # Mir
        (r"60|82|508|5019", (16,)),  # RuPay, Dankort
    )
)
_SEPARATOR = r"[ \-\u2010-\u2015\u2212]"
# How cards print their digits after the first one; other groups are sizes, years, telephone numbers.
_GROUPINGS = (
    r"\d{12,18}",
    *(
        _SEPARATOR.join(rf"\d{{{length}}}" for length in lengths)
        for lengths in ((3, 4, 4, 4), (3, 4, 4, 4, 2), (3, 4, 4, 4, 3), (3, 6, 5), (3, 6, 4), (3, 3, 3, 3), (5, 13))
    ),
)
# From a digit that touches no letter or further digit and is no fraction, to one that touches none either.
_PRINTED = tuple(
    re.compile(rf"[2-68](?<![^\W_].)(?<!\d\..)(?=({grouping})(?![^\W_]))", re.DOTALL) for grouping in _GROUPINGS
)
_LONG_ENOUGH = re.compile(rf"\d(?:{_SEPARATOR}?\d){{12}}")
_IBAN_BEGINS = re.compile(r"\b[A-Za-z]{2}\d\d[ -]$")
_NO_DIGIT = re.compile(r"\D")
_ENOUGH = 200  # so many that none has a right check digit by chance is one in a thousand million: no need to look on
_TRADE_LENGTHS = frozenset({13, 14})  # of GTINs: EAN-13, ISBN-13, ITF-14
_MOST_PHONE_DIGITS = 15  # ITU-T E.164

# What staff's own systems and carriers number as they like, and only staff may write.
NUMBERED_AT_WILL = frozenset({"sku", "tracking_number"})
PHONES = frozenset({"phone"})
_DOUBLED = {str(digit): digit * 2 - 9 * (digit > 4) for digit in range(10)}


class CardNumberRefused(DomainError):
    """The input holds what may be the number of a payment card; `errors` names the fields, never the number."""

    code = "card_number"
    status = 400
    title = "Card numbers are not taken here; give them to the payment provider alone"


def refuse_card_numbers(data: object) -> None:
    """Raise CardNumberRefused where a string, number or name anywhere in JSON-like data holds a card number."""
    found = dict.fromkeys(_fields_with_one(data, "", ""))
    if found:
        detail = "This holds what may be the number of a payment card."
        raise CardNumberRefused(errors=[FieldError(field or None, CardNumberRefused.code, detail) for field in found])


def holds_card_number(text: str, *, in_phone: bool = False) -> bool:
    """Whether the text holds digits of a known scheme's beginning and length with a right check digit."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)  # wide digits and spaces become plain ones
    return any(True for _ in _spans(text, in_phone=in_phone))


def without_card_numbers(text: str, instead: str) -> str:
    """The text with something else in the place of each card number."""
    kept, end = [], 0
    for start, stop in sorted(_spans(text)):
        kept.append(text[end : max(start, end)] + (instead if start >= end else ""))
        end = max(stop, end)
    return "".join(kept) + text[end:]


def _spans(text: str, *, in_phone: bool = False) -> Iterator[tuple[int, int]]:
    """Where card numbers stand; of a text of nothing but numbers that might be one, all that was looked at."""
    if not _LONG_ENOUGH.search(text):
        return
    shaped = 0
    for printed in _PRINTED:
        for match in printed.finditer(text):
            digits = _NO_DIGIT.sub("", match[0] + match[1])
            if _has_shape(digits) and not _is_other(text, match, digits, in_phone):
                shaped += 1
                if _passes_luhn(digits):
                    yield match.start(), match.end(1)
                if shaped == _ENOUGH:
                    yield 0, match.end(1)
                    return


def _fields_with_one(data: object, path: str, name: str) -> Iterator[str]:
    if isinstance(data, dict):
        for key, value in data.items():
            named_by_one = holds_card_number(str(key))
            if named_by_one:
                yield path
            yield from _fields_with_one(value, path if named_by_one else f"{path}.{key}".lstrip("."), str(key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from _fields_with_one(value, f"{path}.{index}".lstrip("."), name)
    elif name not in NUMBERED_AT_WILL and holds_card_number(_as_text(data), in_phone=name in PHONES):
        yield path


def _as_text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    return str(abs(int(value))) if value == int(value) else ""


def _has_shape(digits: str) -> bool:
    return any(len(digits) in lengths and beginning.match(digits) for beginning, lengths in _SCHEMES)


def _is_other(text: str, match: re.Match[str], digits: str, in_phone: bool) -> bool:
    """Whether the digits are a barcode, or, by their field or what stands before them, a phone number or an IBAN."""
    start = match.start()
    if len(digits) in _TRADE_LENGTHS and _is_gtin(digits):
        return True
    if in_phone or text[start - 1 : start] == "+":
        return len(digits) <= _MOST_PHONE_DIGITS
    return _IBAN_BEGINS.search(text[max(0, start - 6) : start]) is not None


def _passes_luhn(digits: str) -> bool:
    return (sum(map(int, digits[::-2])) + sum(map(_DOUBLED.__getitem__, digits[-2::-2]))) % 10 == 0


def _is_gtin(digits: str) -> bool:
    """Whether the last digit is the one that GS1 has a barcode carry."""
    return (sum(map(int, digits[::-2])) + 3 * sum(map(int, digits[-2::-2]))) % 10 == 0
