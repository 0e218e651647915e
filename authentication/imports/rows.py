"""Turns one row of a file of customers into values, or says what is wrong with each of its cells."""

import unicodedata
from collections.abc import Callable, Mapping
from typing import TypeAlias

from django.contrib.auth.hashers import identify_hasher
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from authentication.models import User, UserManager
from authentication.services.address_rules import address_problems
from common.countries import normalise_country
from common.imports.errors import BadValue
from common.imports.formulas import unprotect
from common.imports.values import parse_boolean, parse_moment, parse_text

Value: TypeAlias = str | bool | None
ADDRESS_LENGTHS = {
    "full_name": 255,
    "company": 255,
    "address_phone": 30,
    "address_line1": 255,
    "address_line2": 255,
    "city": 100,
    "state": 100,
    "postal_code": 20,
    "country": 100,
}
CUSTOMER_COLUMNS = ("username", "first_name", "last_name", "phone", "is_active", "date_joined", "password_hash")
COLUMNS = ("email", *CUSTOMER_COLUMNS, *ADDRESS_LENGTHS, "is_default")
_LENGTHS = {"first_name": 150, "last_name": 150, "phone": 15}


class WrongCells(Exception):
    """Raised with the wrong cells of a row: column, text and error of each."""

    def __init__(self, wrong: list[tuple[str, str, BadValue]]) -> None:
        super().__init__(f"{len(wrong)} cells")
        self.wrong = wrong


def parse_row(cells: Mapping[str, str]) -> dict[str, Value]:
    """Return the row's values, null where a cell is blank or missing; raises WrongCells.

    `has_address` says whether the row states an address. A password hash that Django cannot read becomes `unreadable`.
    """
    texts = {column: unprotect(cells.get(column, "").strip()) for column in COLUMNS}
    row: dict[str, Value] = {}
    wrong: list[tuple[str, str, BadValue]] = []
    for column, text in texts.items():
        try:
            row[column] = _PARSERS[column](text) if text else None
        except BadValue as error:
            wrong.append((column, text, error))
    if not texts["email"]:
        wrong.append(("email", "", BadValue("required", "must not be blank")))
    row["has_address"] = any(texts[column] for column in ADDRESS_LENGTHS)
    if row["has_address"]:
        wrong += _wrong_address(texts)
    if wrong:
        raise WrongCells(wrong)
    return row


def _wrong_address(texts: Mapping[str, str]) -> list[tuple[str, str, BadValue]]:
    wrong = [
        (column, "", BadValue("required", "an address needs it"))
        for column in ("address_line1", "city", "country")
        if not texts[column]
    ]
    problems = (
        address_problems(country=texts["country"], state=texts["state"], postal_code=texts["postal_code"])
        if texts["country"]
        else []
    )
    return wrong + [(str(each.field), texts[str(each.field)], BadValue(each.code, each.detail)) for each in problems]


def parse_email(text: str) -> str:
    """Return the address as accounts keep it; raises BadValue for what is none."""
    email = UserManager.normalize_email(unicodedata.normalize("NFC", text))
    try:
        validate_email(email)
    except ValidationError as error:
        raise BadValue("bad_email", "not an e-mail address") from error
    return parse_text(email, longest=254)


def _username(text: str) -> str:
    username = User.normalize_username(text)
    try:
        User.username_validator(username)
    except ValidationError as error:
        raise BadValue("bad_username", "holds more than letters, digits and @ . + - _") from error
    return parse_text(username, longest=150)


def _password_hash(text: str) -> str:
    """Django must know the algorithm and be able to take the hash apart; else its owner chooses a new password."""
    try:
        identify_hasher(text).decode(text)
    except (ValueError, AssertionError, KeyError, IndexError):
        return UNREADABLE
    return text if len(text) <= 128 else UNREADABLE


def _text(longest: int) -> Callable[[str], str]:
    return lambda text: parse_text(unicodedata.normalize("NFC", text), longest=longest)


UNREADABLE = "unreadable"
_PARSERS: dict[str, Callable[[str], Value]] = {
    "email": parse_email,
    "username": _username,
    "is_active": parse_boolean,
    "date_joined": parse_moment,
    "password_hash": _password_hash,
    "is_default": parse_boolean,
    **{column: _text(longest) for column, longest in (_LENGTHS | ADDRESS_LENGTHS).items()},
    "country": normalise_country,
}
