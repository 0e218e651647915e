"""Idempotency keys as rows: claimed by a unique insert before the work, answered in the same transaction.

The HTTP side is `common.api.idempotent`; see docs/decisions/idempotency.md for the rules.
"""

import base64
import hashlib
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from cryptography.fernet import Fernet
from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from common import rows
from common.errors import DomainError
from common.models import IdempotencyKey
from common.postgresql.prepared import run_prepared

LIFETIME = timedelta(hours=24)
WAIT_FOR_TWIN = "1s"
WAIT_FOR_LOCK = "5s"
LOCK_NOT_AVAILABLE = "55P03"


class IdempotencyKeyReused(DomainError):
    code = "idempotency_key_reused"
    status = 422
    title = "The key was used for another request"


class IdempotencyKeyInUse(DomainError):
    code = "idempotency_key_in_use"
    status = 409
    title = "The first request with this key is still under way"
    retry_after_seconds = 1


class IdempotencyKeyRequired(DomainError):
    code = "idempotency_key_required"
    status = 400
    title = "This request needs an Idempotency-Key header"


@dataclass(frozen=True)
class Claim:
    """Who asks, with which key, for what (a SHA-256 in hexadecimal)."""

    caller: str
    key: str
    fingerprint: str


@dataclass(frozen=True)
class StoredAnswer:
    """The answer that the first request with the key got."""

    status: int
    body: bytes


def claim(wanted: Claim) -> int | StoredAnswer:
    """Claim the key inside the current transaction: the claim's id if it is ours, else the stored answer.

    Waits at most a second for a twin that is under way. Raises IdempotencyKeyInUse while the twin works,
    IdempotencyKeyReused where the key stands for another request, RuntimeError outside a transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("a claim is committed with the work it stands for")
    claim_id = _insert(wanted)
    if claim_id is not None:
        return claim_id
    row = rows.fetch(IdempotencyKey, "WHERE caller = %s AND key = %s", [wanted.caller, wanted.key])[0]
    if row.fingerprint != wanted.fingerprint:
        raise IdempotencyKeyReused
    if row.response_status is None or row.response_body is None:
        raise IdempotencyKeyInUse
    return StoredAnswer(row.response_status, _cipher().decrypt(bytes(row.response_body)))


# The longer wait, for all that follows, is set in the row that tells whether the claim is ours, so after the insert.
_WAIT = "SET LOCAL lock_timeout = %(wait)s"
_CLAIM = """
WITH claimed AS (
    INSERT INTO common_idempotencykey AS k (caller, key, fingerprint)
    VALUES (%(caller)s, %(key)s, %(fingerprint)s)
    ON CONFLICT (caller, key) DO UPDATE
        SET fingerprint = EXCLUDED.fingerprint, resource = '', response_status = NULL,
            response_body = NULL, created_at = now()
        WHERE k.created_at < now() - make_interval(secs => %(lifetime)s)
    RETURNING id
)
SELECT c.id, set_config('lock_timeout', %(wait_after)s, true) FROM (SELECT) one LEFT JOIN claimed c ON true
"""


def _insert(wanted: Claim) -> int | None:
    try:
        values = {
            "wait": WAIT_FOR_TWIN,
            "caller": wanted.caller,
            "key": wanted.key,
            "fingerprint": wanted.fingerprint,
            "lifetime": LIFETIME.total_seconds(),
            "wait_after": WAIT_FOR_LOCK,
        }
        [row] = run_prepared(_CLAIM, values, ahead=_WAIT).rows
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", None) == LOCK_NOT_AVAILABLE:
            raise IdempotencyKeyInUse from error
        raise
    key: int | None = row[0]
    return key


def store(*, claim_id: int, status: int, body: bytes) -> None:
    """Keep the answer for repeats; belongs to the transaction that commits the work (or its outcome)."""
    answer = {"response_status": status, "response_body": _cipher().encrypt(body)}
    rows.change(IdempotencyKey, answer, where="id = %s", values=[claim_id])


def answer_intent(*, claim_id: int, resource: str, status: int, body: bytes) -> None:
    """Keep the outcome of a claimed intent for repeats, the first one only.

    Nothing happens where the key expired and stands for another request by now: then it names another resource.
    """
    answer = {"response_status": status, "response_body": _cipher().encrypt(body)}
    first = "id = %s AND resource = %s AND response_status IS NULL"
    rows.change(IdempotencyKey, answer, where=first, values=[claim_id, resource])


def name_resource(*, claim_id: int, resource: str) -> None:
    """Note what a claimed intent made, so that a repeat can answer from it should the first die before its answer."""
    rows.change(IdempotencyKey, {"resource": resource}, where="id = %s", values=[claim_id])


@transaction.atomic
def drop_expired() -> int:
    """Delete keys older than their lifetime; returns how many."""
    deleted, _ = IdempotencyKey.objects.filter(created_at__lt=timezone.now() - LIFETIME).delete()
    return deleted


def _cipher() -> Fernet:
    return _cipher_of(settings.SECRET_KEY)


@cache
def _cipher_of(secret: str) -> Fernet:
    digest = hashlib.sha256(b"idempotency:" + secret.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))
