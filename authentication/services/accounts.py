"""The account itself: its profile and its e-mail address."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from authentication.errors import LinkNotValid, username_taken, wrong_password
from authentication.models import User
from authentication.services import one_time
from authentication.services.locks import lock_active_user
from authentication.services.one_time import Purpose
from common import outbox

PROFILE_FIELDS = frozenset({"username", "first_name", "last_name", "phone", "additional_details"})


def update_profile(*, user_id: int, changes: dict[str, Any]) -> User:
    """Change what users may change of themselves; locks the user's row.

    Raises ValueError for a field outside PROFILE_FIELDS and `username_taken`.
    """
    if not changes.keys() <= PROFILE_FIELDS:
        raise ValueError(f"not of the profile: {changes.keys() - PROFILE_FIELDS}")
    try:
        with transaction.atomic():
            user = lock_active_user(user_id)
            for name, value in changes.items():
                setattr(user, name, value)
            user.save(update_fields=list(changes))
    except IntegrityError as error:
        raise username_taken() from error
    return user


def request_email_change(*, user_id: int, email: str, password: str) -> None:
    """Have a link mailed to the new address, and a word about it to the old one; nothing changes before it is used.

    The outcome is the same where another account has the address: its owner gets a mail that says so. Asking for
    the account's own address sends a link that proves it. Locks the user's row; raises `wrong_password`.
    """
    with transaction.atomic():
        user = lock_active_user(user_id)
        if not user.check_password(password):
            raise wrong_password("password")
        one_time.request_link(purpose=Purpose.CHANGE_EMAIL, email=email, user=user)


@transaction.atomic
def change_email(*, token: str) -> User:
    """Follow the link that was mailed to the new address: it is the account's from now on, and proven.

    Locks the user's row and the link's. Raises LinkNotValid, also where somebody else took the address meanwhile.
    """
    link = one_time.use(secret=token, purposes={Purpose.CHANGE_EMAIL})
    user = link.user
    if user is None:
        raise LinkNotValid
    user.email = link.email
    user.email_verified_at = timezone.now()
    try:
        with transaction.atomic():
            user.save(update_fields=["email", "email_verified_at"])
    except IntegrityError as error:
        raise LinkNotValid from error
    outbox.emit("user.email_verified", resource=f"user:{user.pk}", user_id=user.pk)
    return user
