"""What log lines never say: the secrets that are known by their name or their form, and card numbers."""

import re
from collections.abc import Mapping

from common.card_numbers import without_card_numbers

HIDDEN = "[hidden]"
_MOST_LEVELS = 5

_SECRET_NAMES = re.compile(
    r"passw(or)?d|passphrase|secret|token|^(access|refresh)$|authorization|cookie|signature|api_?key|signing_?key|^dsn$",
    re.IGNORECASE,
)
_KNOWN_FORMS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(form, flags), instead)
    for form, flags, instead in (
        (r"\beyJ[\w-]+\.[\w-]+(\.[\w-]*)?", 0, HIDDEN),  # a JSON Web Token
        (r"\b(Bearer) [\w.~+/=-]+", re.IGNORECASE, rf"\1 {HIDDEN}"),
        (r"(\b\w+://[^\s/:@]*):[^\s/@]+@", 0, rf"\1:{HIDDEN}@"),  # the password of an address
        (r"\b((sk|rk)_(live|test)|whsec)_\w+|\b\w+_secret_\w+", 0, HIDDEN),  # Stripe's
        (r"\b(pbkdf2_\w+|argon2\w*|scrypt|bcrypt\w*|md5)\$[\w$+/=.,-]+", 0, HIDDEN),  # Django's hashes
        (
            r"([?&\s\"'](?:\w*(?:token|password|secret|signature))[\"']?[=:]\s*[\"']?)[^&\s\"',}]+",
            re.IGNORECASE,
            rf"\1{HIDDEN}",
        ),
        # What PostgreSQL tells of the rows that it refuses.
        (r"(Failing row contains )\(.*\)", 0, rf"\1({HIDDEN})"),
        (r"(Key \(.*?\)=)\(.*\)(?= (already exists|conflicts|is (not|still)))", 0, rf"\1({HIDDEN})"),
    )
)


def redacted(value: object, name: str = "", level: int = 0) -> object:
    """The value as a log line may say it; a value under a name such as `password` is hidden whole."""
    if name and _SECRET_NAMES.search(name) and not isinstance(value, bool | int | type(None)):
        return HIDDEN
    if isinstance(value, str):
        return redacted_text(value)
    if isinstance(value, Mapping) and level < _MOST_LEVELS:
        return {key: redacted(each, str(key), level + 1) for key, each in value.items()}
    if isinstance(value, list | tuple) and level < _MOST_LEVELS:
        return [redacted(each, name, level + 1) for each in value]
    if isinstance(value, int | float) or value is None:
        return value
    return redacted_text(repr(value))


def redacted_text(text: str) -> str:
    """The text without what has the form of a secret or of a card number."""
    for form, instead in _KNOWN_FORMS:
        text = form.sub(instead, text)
    return without_card_numbers(text, HIDDEN)
