"""Settings of limits: how much each scope allows, read from LIMIT_<scope>; docs/limits.md is the table."""

import re

from django.core.exceptions import ImproperlyConfigured
from environs import Env

OFF = "off"
# How much each scope allows where the environment says nothing.
DEFAULTS = {
    "LOGIN": "10/min",
    "LOGIN_FAILURES": "300/min",
    "REGISTER": "20/hour",
    "PASSWORD_RESET": "10/hour",
    "CART": "240/min",
    "CHECKOUT": "20/min",
    "HOLD": "10/hour",
    "PAYMENT": "10/hour",
    "REVIEW": "10/hour",
    "VIEW": "600/min",
}
SECONDS = {"s": 1, "min": 60, "hour": 3_600, "day": 86_400}
_RATE = re.compile(rf"([1-9][0-9]{{0,8}})/({'|'.join(SECONDS)})")

Rate = tuple[int, int]


def limits(env: Env, *, default: str | None = None) -> dict[str, Rate | None]:
    """How many in how many seconds by scope, None where it is off; refuses to start with what is neither.

    `default` is for every scope that the environment leaves blank, instead of DEFAULTS.
    """
    return {
        scope: _rate(f"LIMIT_{scope}", env.str(f"LIMIT_{scope}", default or usual) or default or usual)
        for scope, usual in DEFAULTS.items()
    }


def _rate(name: str, text: str) -> Rate | None:
    if text.strip() == OFF:
        return None
    found = _RATE.fullmatch(text.strip())
    if found is None:
        raise ImproperlyConfigured(
            f"{name} is a number per {', '.join(SECONDS)}, such as 10/min, or {OFF}; not {text}."
        )
    return int(found[1]), SECONDS[found[2]]
