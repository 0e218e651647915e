"""Remembering that somebody was erased, without remembering who, so that a restored backup forgets them again.

What is remembered are hashes keyed with SECRET_KEY: who holds the list cannot tell whom it is of, and cannot try
addresses on it.
"""

import hashlib
import hmac
from collections.abc import Iterable, Iterator
from datetime import datetime

from django.conf import settings
from django.db import connection

from common.models import Erasure

_PURPOSE = b"shop erasures"


def note_account(*, account_id: int, joined_at: datetime) -> None:
    """An account is being erased, in the caller's transaction; its key alone could come to be another's."""
    subject = subjects(f"account:{account_id}:{joined_at.timestamp():.6f}")[0]
    _note(Erasure(kind=Erasure.Kind.ACCOUNT, subject=subject, account=account_id))


def note_address(*, email: str, with_orders: bool) -> None:
    """What is held under an address outside of accounts is being erased, in the caller's transaction."""
    kind = Erasure.Kind.GUEST if with_orders else Erasure.Kind.ADDRESS
    _note(Erasure(kind=kind, subject=subjects(email.strip().lower())[0]))


def _note(erasure: Erasure) -> None:
    if not connection.in_atomic_block:
        raise RuntimeError("an erasure is noted in the transaction that makes it true")
    erasure.save(force_insert=True)


def subjects(value: str) -> list[str]:
    """What the value is remembered as: by the key of today first, then by those before it."""
    return [
        hmac.new(_PURPOSE + key.encode(), value.encode(), hashlib.sha256).hexdigest()
        for key in map(str, (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))
    ]


def is_account(erasure: Erasure, *, joined_at: datetime) -> bool:
    """Whether an account that has the erasure's key is the very one that was erased."""
    return erasure.subject in subjects(f"account:{erasure.account}:{joined_at.timestamp():.6f}")


def find_addresses(erasures: Iterable[Erasure], held: Iterable[str]) -> Iterator[tuple[Erasure, str]]:
    """Those of the addresses held that one of the erasures is of."""
    wanted: dict[str, list[Erasure]] = {}
    for erasure in erasures:
        wanted.setdefault(erasure.subject, []).append(erasure)
    for address in held if wanted else ():
        for subject in subjects(address.strip().lower()):
            for erasure in wanted.get(subject, ()):
                yield erasure, address
