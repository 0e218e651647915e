"""Registration: at once where proving the address is optional, by a mailed link where it is mandatory."""

from dataclasses import asdict, dataclass
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.utils import timezone

from authentication.errors import LinkNotValid, email_taken, username_taken
from authentication.models import User, make_username
from authentication.services import one_time, sessions
from authentication.services.one_time import Purpose
from authentication.services.passwords import check_strength
from authentication.services.sessions import TokenPair
from common import outbox


@dataclass(frozen=True)
class NewAccount:
    """What a person tells of themselves; without a user name they get one."""

    email: str
    username: str = ""
    first_name: str = ""
    last_name: str = ""
    phone: str = ""


def register(*, account: NewAccount, password: str) -> tuple[User, TokenPair]:
    """Open the account, mail a link to prove its address, and sign in.

    Raises InvalidInput for a weak password, `email_taken` and `username_taken`.
    """
    check_strength(password=password, user=_unsaved(account), field="password")
    hashed = make_password(password)
    with transaction.atomic():
        user = _create_user(account, hashed)
        one_time.request_link(purpose=Purpose.VERIFY_EMAIL, email=user.email, user=user)
        return user, sessions.begin_session(user=user)


def request_registration(*, account: NewAccount, password: str) -> None:
    """Have a link mailed that opens the account; until it is followed there is none, and no address is taken.

    The work and the outcome are the same for a known address: its owner gets a mail that says so. Raises
    InvalidInput for a weak password and `username_taken`.
    """
    check_strength(password=password, user=_unsaved(account), field="password")
    details = {**asdict(account), "password": make_password(password)}
    if account.username and User.objects.filter(username=account.username).exists():
        raise username_taken()
    with transaction.atomic():
        one_time.request_link(purpose=Purpose.REGISTER, email=account.email, details=details)


@transaction.atomic
def verify_email(*, token: str) -> User:
    """Follow a link that proves an address: opens the account that waits for it, or notes the proof.

    Locks the user's row, where there is one, and the link's. Raises LinkNotValid.
    """
    link = one_time.use(secret=token, purposes={Purpose.REGISTER, Purpose.VERIFY_EMAIL})
    user = link.user or _open_account(link.details)
    user.email_verified_at = timezone.now()
    user.save(update_fields=["email_verified_at"])
    outbox.emit("user.email_verified", resource=f"user:{user.pk}", user_id=user.pk)
    return user


def _open_account(details: dict[str, Any]) -> User:
    hashed = details.pop("password", None)
    if hashed is None:
        raise LinkNotValid
    account = NewAccount(**details)
    if User.objects.filter(email=User.objects.normalize_email(account.email)).exists():
        raise LinkNotValid
    if User.objects.filter(username=account.username).exists():
        account = NewAccount(**{**details, "username": ""})
    return _create_user(account, hashed)


def _create_user(account: NewAccount, hashed_password: str) -> User:
    user = _unsaved(account)
    user.password = hashed_password
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError as error:
        raise (username_taken() if "username" in _violated(error) else email_taken()) from error
    outbox.emit("user.registered", resource=f"user:{user.pk}", user_id=user.pk)
    return user


def _violated(error: IntegrityError) -> str:
    diagnostics = getattr(error.__cause__, "diag", None)
    return getattr(diagnostics, "constraint_name", None) or ""


def _unsaved(account: NewAccount) -> User:
    return User(**{**asdict(account), "username": account.username or make_username()})
