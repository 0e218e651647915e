"""Links in mails: asked for in a request, queued by the outbox, made when the mail is sent, used once.

The request writes a row without a secret and an event; the mail's sending makes the secret and keeps its hash. So no
queue, log or table ever holds a working link, and a request takes the same time whether or not there is
somebody to write to.
"""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from authentication.errors import LinkNotValid, TokenNotValid
from authentication.models import OneTimeToken, User
from authentication.services.locks import lock_active_user
from common import outbox
from common.locking import lock_rows
from common.tokens import hash_token, make_token

Purpose = OneTimeToken.Purpose

LIFETIMES = {
    Purpose.REGISTER: timedelta(hours=24),
    Purpose.VERIFY_EMAIL: timedelta(hours=24),
    Purpose.CHANGE_EMAIL: timedelta(hours=2),
    Purpose.RESET_PASSWORD: timedelta(minutes=30),
    Purpose.INVITE: timedelta(days=7),
}
KEPT_FOR = timedelta(days=3)
LINK_REQUESTED = "account.link_requested"


def request_link(
    *, purpose: Purpose, email: str, user: User | None = None, details: dict[str, Any] | None = None
) -> None:
    """Have a link mailed to the address; belongs to a transaction of the caller's."""
    token = OneTimeToken.objects.create(
        purpose=purpose,
        user=user,
        email=User.objects.normalize_email(email),
        stamp=user.session_stamp() if user else "",
        details=details or {},
    )
    outbox.emit(LINK_REQUESTED, resource=f"one_time_token:{token.pk}", token_id=token.pk)


def find_owner(token: OneTimeToken) -> None:
    """Bind a link that was asked for by its address alone to the active account that has it, if there is one."""
    user = User.objects.filter(email=token.email, is_active=True).first()
    if user is not None:
        token.user, token.stamp = user, user.session_stamp()
        token.save(update_fields=["user", "stamp"])


def arm(token: OneTimeToken) -> str:
    """Give the row its secret and its time to live; the secret exists only in what is returned."""
    secret = make_token()
    token.token_hash = hash_token(secret)
    token.expires_at = timezone.now() + LIFETIMES[Purpose(token.purpose)]
    token.save(update_fields=["token_hash", "expires_at"])
    return secret


def use(*, secret: str, purposes: set[Purpose]) -> OneTimeToken:
    """Use the link up and return its row as it was before; belongs to a transaction of the caller's.

    Locks the account's row, where there is one, and then the link's. Raises LinkNotValid for a link that is unknown,
    of another purpose, used, expired or followed by a newer one, or whose account was closed, has moved to another
    address or got another password since.
    """
    same = OneTimeToken.objects.filter(token_hash=hash_token(secret), purpose__in=purposes)
    found = same.first()
    if found is None:
        raise LinkNotValid
    user = _lock_owner(found)
    rows = lock_rows(same)
    if not rows or not _works(rows[0], user):
        raise LinkNotValid
    spend(rows[0])
    rows[0].user = user
    return rows[0]


def spend(token: OneTimeToken) -> None:
    """Mark the row as used and forget what it held; the instance keeps it for the caller."""
    OneTimeToken.objects.filter(pk=token.pk).update(used_at=timezone.now(), details={})


def _lock_owner(token: OneTimeToken) -> User | None:
    try:
        return lock_active_user(token.user_id) if token.user_id else None
    except TokenNotValid as error:
        raise LinkNotValid from error


def _works(token: OneTimeToken, user: User | None) -> bool:
    is_open = token.used_at is None and token.expires_at is not None and token.expires_at > timezone.now()
    if not is_open or OneTimeToken.objects.newer_than(token).exists():
        return False
    return user is None or _still_fits(token, user)


def _still_fits(token: OneTimeToken, user: User) -> bool:
    same_address = token.purpose == Purpose.CHANGE_EMAIL or token.email == user.email
    same_stamp = token.purpose == Purpose.VERIFY_EMAIL or constant_time_compare(token.stamp, user.session_stamp())
    return same_address and same_stamp


@transaction.atomic
def drop_expired() -> int:
    """Delete links long past their time; returns how many."""
    now = timezone.now()
    old = OneTimeToken.objects.filter(created_at__lt=now - KEPT_FOR).exclude(expires_at__gt=now)
    deleted, _ = old.delete()
    return deleted
