"""Which problems an operation can answer, read from what its view does, for the OpenAPI document.

Authentication, permissions, look-ups, bodies, idempotency keys and ETags follow from the view; what the rules
of the shop refuse beyond that, the view names in `refusals`.
"""

from collections.abc import Iterable
from typing import Any

from rest_framework.exceptions import APIException
from rest_framework.permissions import AllowAny, IsAuthenticated

from common import idempotency
from common.api.conditional import PreconditionFailed, PreconditionRequired
from common.errors import DomainError

# What a write that honours If-Match may refuse.
IF_MATCH = (PreconditionFailed, PreconditionRequired)
# What an operation that has to have an Idempotency-Key, and claims it with its intent, may refuse.
OWN_KEY = (
    idempotency.IdempotencyKeyRequired,
    idempotency.IdempotencyKeyReused,
    idempotency.IdempotencyKeyInUse,
)
WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
WITH_KEY = frozenset({"POST", "PATCH"})
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


Refusal = type[DomainError] | type[APIException]


def refusals_of(view: Any, path: str, method: str) -> dict[int, set[type[DomainError]]]:
    """The statuses that the operation may answer besides its success, each with the domain errors named for it."""
    statuses = {400, 406, 503} | _of_the_caller(view) | _of_the_request(view, method)
    if "{" in path:
        statuses.add(404)
    found: dict[int, set[type[DomainError]]] = {status: set() for status in statuses}
    for error in _named(view, method):
        if issubclass(error, DomainError):
            found.setdefault(error.status, set()).add(error)
        else:
            found.setdefault(error.status_code, set())
    return found


def _of_the_caller(view: Any) -> set[int]:
    statuses = {401} if view.get_authenticators() else set()
    if not {type(each) for each in view.get_permissions()} <= {AllowAny, IsAuthenticated}:
        statuses.add(403)
    return statuses


def _of_the_request(view: Any, method: str) -> set[int]:
    statuses = set()
    if method in WITH_BODY:
        statuses |= {413, 415} if view.get_parsers() else {413}
    if method in WRITES and view.idempotent:
        statuses.add(409)
    if method in WITH_KEY and view.idempotent:
        statuses.add(422)
    if method == "GET" and view.etag:
        statuses.add(304)
    return statuses


def _named(view: Any, method: str) -> Iterable[Refusal]:
    name = getattr(view, "action", None) or method.lower()
    errors: Iterable[Refusal] = view.refusals.get(name, ())
    return errors
