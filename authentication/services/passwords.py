"""Passwords: what makes a good one, changing it, and choosing a new one by a mailed link."""

from functools import partial

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from authentication.errors import LinkNotValid, wrong_password
from authentication.models import User
from authentication.services import one_time, sessions, sign_in_limits
from authentication.services.locks import lock_active_user
from authentication.services.one_time import Purpose
from authentication.services.sessions import TokenPair
from common import outbox
from common.errors import FieldError, InvalidInput

PASSWORD_MAX_LENGTH = 128


def check_strength(*, password: str, user: User, field: str) -> None:
    """Hold the password against AUTH_PASSWORD_VALIDATORS; raises InvalidInput that blames the field."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        problems = [FieldError(field, item.code or "invalid", " ".join(item.messages)) for item in error.error_list]
        raise InvalidInput(problems[0].detail, errors=problems) from error


@transaction.atomic
def change_password(*, user_id: int, current_password: str, new_password: str) -> TokenPair:
    """Give the account another password; every session ends, and the caller gets a new one.

    Locks the user's row. Raises InvalidInput where the current password is wrong or the new one is weak.
    """
    user = lock_active_user(user_id)
    if not user.check_password(current_password):
        raise wrong_password("current_password")
    check_strength(password=new_password, user=user, field="new_password")
    _set_password(user, new_password)
    return sessions.begin_session(user=user)


@transaction.atomic
def request_reset(*, email: str) -> None:
    """Have a link mailed to the address if it belongs to an active account.

    Whether it does is found out when the mail is queued: reading the account here would take time that tells.
    """
    one_time.request_link(purpose=Purpose.RESET_PASSWORD, email=email)


@transaction.atomic
def reset_password(*, token: str, new_password: str) -> None:
    """Give the account of a mailed link a new password; every session ends, and the address is proven.

    Locks the user's row and the link's. Raises LinkNotValid, and InvalidInput for a weak password, which leaves the
    link usable.
    """
    link = one_time.use(secret=token, purposes={Purpose.RESET_PASSWORD, Purpose.INVITE})
    user = link.user
    if user is None:
        raise LinkNotValid
    check_strength(password=new_password, user=user, field="new_password")
    if user.email_verified_at is None:
        user.email_verified_at = timezone.now()
        outbox.emit("user.email_verified", resource=f"user:{user.pk}", user_id=user.pk)
    _set_password(user, new_password)
    transaction.on_commit(partial(sign_in_limits.owner_was_proven, email=user.email))


def _set_password(user: User, password: str) -> None:
    user.set_password(password)
    user.save(update_fields=["password", "email_verified_at"])
    sessions.revoke_refresh_tokens(user_id=user.pk)
    outbox.emit("user.password_changed", resource=f"user:{user.pk}", user_id=user.pk)
