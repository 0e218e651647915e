"""Telling callers of what is deprecated, and counting them."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from rest_framework.exceptions import APIException

from common import deprecations
from common.api.deprecation.declaring import Deprecated, fields_of, named, used
from common.deprecations import Caller

UNKNOWN = "unknown"


def tell_of_deprecation(declared: Mapping[str, Deprecated], request: Any, response: Any) -> None:
    """Say in the answer what of the request is deprecated, and count it; whoever was refused entry is not counted."""
    if not declared:
        return
    try:
        found = dict(used(declared, request))
    except APIException:  # a body that cannot be read uses no field
        return
    if not found:
        return
    for name, value in fields_of(found.values()).items():
        response[name] = f"{response[name]}, {value}" if name == "Link" and name in response else value
    if response.status_code not in {401, 403, 429}:
        caller = caller_of(request)
        for text in found:
            deprecations.note(named(text, request.resolver_match.route), caller)


def caller_of(request: Any) -> Caller:
    """The user; of guests the storefront by its origin, else the name and version that the program gives itself."""
    if request.user.is_authenticated:
        return Caller(request.user.pk, "")
    origin = urlsplit(request.headers.get("Origin", "")).netloc
    words = request.headers.get("User-Agent", "").split()
    named_so = origin or (words[0] if words else "")
    return Caller(None, "".join(each for each in named_so if each.isprintable())[:100] or UNKNOWN)
