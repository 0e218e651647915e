"""The HTTP side of idempotency keys: which requests honour them, whose they are, and how a repeat is answered."""

import hashlib
import time
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from common import idempotency
from common.api.renderers import to_json
from common.client import client_address
from common.tokens import hash_token

HEADER = "Idempotency-Key"
MAX_KEY_LENGTH = 255
WAIT_FOR_TWIN_SECONDS = 1.0
PAUSE_SECONDS = 0.1

# Claims the request's key inside the transaction that commits an intent, and returns the claim's id.
ClaimKey = Callable[[], int]


class _AnsweredBefore(Exception):
    """The key has its answer already; carried out of the transaction that would have made the intent."""

    def __init__(self, answer: idempotency.StoredAnswer) -> None:
        super().__init__()
        self.answer = answer


def key_of(request: Request) -> str | None:
    """The request's key; raises ValidationError where it is not 1 to 255 printable ASCII characters."""
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not 1 <= len(key) <= MAX_KEY_LENGTH or not (key.isascii() and key.isprintable()):
        raise ValidationError({HEADER: ["1 to 255 printable ASCII characters."]}, code="invalid")
    return key


def require_key(request: Request) -> str:
    """The request's key; raises IdempotencyKeyRequired where there is none."""
    key = key_of(request)
    if key is None:
        raise idempotency.IdempotencyKeyRequired
    return key


def claim_of(request: Request, key: str) -> idempotency.Claim:
    """What the request claims: its caller, its key, and the fingerprint of method, path and body."""
    return idempotency.Claim(_caller_of(request), key, _fingerprint_of(request))


def _caller_of(request: Request) -> str:
    if request.user.is_authenticated:
        return f"user:{request.user.pk}"
    for header, kind in (("X-Order-Token", "order"), ("X-Cart-Token", "cart")):
        if token := request.headers.get(header):
            return f"{kind}:{hash_token(token)}"
    return f"address:{client_address(request)}"


def _fingerprint_of(request: Request) -> str:
    whole = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    whole.update(_body_of(request))
    return whole.hexdigest()


def _body_of(request: Request) -> bytes:
    data = request.data
    if (request.content_type or "").startswith("multipart/"):
        digest: bytes = request.parser_context["body_sha256"]
        return digest  # of the raw body, which may be larger than memory
    return to_json(data, sort_keys=True)  # in whatever order a client writes the same fields


def hold_body(request: Request) -> None:
    """Keep the raw body of a form for its key's fingerprint; for who reads the form before its handler runs."""
    if key_of(request) is not None:
        _body_of(request)


def run_once(request: Request, handler: Callable[..., HttpResponse], *args: Any, **kwargs: Any) -> HttpResponse:
    """Run the handler in one transaction with its key's claim, or answer as the first request was answered.

    An answer other than 2xx releases the key together with whatever the handler wrote.
    """
    key = key_of(request)
    if key is None:
        return handler(request, *args, **kwargs)
    wanted = claim_of(request, key)
    with transaction.atomic():
        claimed = idempotency.claim(wanted)
        if isinstance(claimed, idempotency.StoredAnswer):
            return replay(claimed)
        response = handler(request, *args, **kwargs)
        if 200 <= response.status_code < 300:
            idempotency.store(claim_id=claimed, status=response.status_code, body=body_of(response))
        else:
            transaction.set_rollback(True)
    return response


def run_with_intent(request: Request, operation: Callable[[ClaimKey], HttpResponse]) -> HttpResponse:
    """Run an operation that must have a key and commits its claim together with an intent, not with the outcome.

    The operation calls the ClaimKey that it is given first thing in the intent's transaction, and has whoever records
    the outcome store the answer (`idempotency.answer_intent`). A repeat is answered from there; a twin waits at most a
    second for it. Raises IdempotencyKeyRequired, IdempotencyKeyReused or IdempotencyKeyInUse.
    """
    wanted = claim_of(request, require_key(request))
    deadline = time.monotonic() + WAIT_FOR_TWIN_SECONDS
    while True:
        try:
            return operation(lambda: _claim_or_replay(wanted))
        except _AnsweredBefore as repeat:
            return replay(repeat.answer)
        except idempotency.IdempotencyKeyInUse:
            if time.monotonic() >= deadline:
                raise
        time.sleep(PAUSE_SECONDS)


def _claim_or_replay(wanted: idempotency.Claim) -> int:
    claimed = idempotency.claim(wanted)
    if isinstance(claimed, idempotency.StoredAnswer):
        raise _AnsweredBefore(claimed)
    return claimed


def body_of(response: HttpResponse) -> bytes:
    """The bytes that a DRF response will be sent as."""
    data = response.data if isinstance(response, Response) else None
    return b"" if data is None else to_json(data)


def replay(answer: idempotency.StoredAnswer) -> HttpResponse:
    """The stored answer, marked as a repeat."""
    response = HttpResponse(answer.body, status=answer.status, content_type="application/json" if answer.body else None)
    response["Idempotent-Replayed"] = "true"
    return response
