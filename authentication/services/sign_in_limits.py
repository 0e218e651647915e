"""How often somebody may try to sign in: per account with a growing delay, per address, and an alarm over all.

Every attempt is counted before the password is looked at, by the name as it was typed: so the outcome is the same for
known and unknown accounts, for right and wrong passwords, and for attempts in parallel. docs/limits.md says what that
means for owners and for strangers.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import structlog
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from authentication.errors import InvalidCredentials
from authentication.models import SignInPlace, User
from common import outbox
from common.limits import counting
from common.limits.policies import Delay, Rate, Scope, Window, key_of, rate_of, window_of

logger = structlog.stdlib.get_logger(__name__)

PLACE_DAYS = 90
FORGOTTEN_SECONDS = 86_400
ALARM = "account.sign_in_alarm"


@contextmanager
def attempt(*, login: str, network: str) -> Iterator[None]:
    """Count an attempt to sign in; the block looks at the password and raises where it is wrong.

    `network` is where the client is, as `common.client.client_network` says. Raises RateLimited before the block
    where there were too many attempts. Not to be called inside a transaction.
    """
    rate = rate_of(Scope.LOGIN)
    if rate is None:
        yield
        return
    name = _normalised(login)
    place = key_of("place", name, network)
    # Who has signed in from here before has a counter that strangers elsewhere cannot use up.
    account, delay = _counters_of(rate, name, network) if _is_known(place) else _counters_of(rate, name)
    windows = [account, Window("login-address", key_of("login-address", network), rate)]
    counting.insist(counting.count(windows, delay, is_durable=True))
    try:
        yield
    except (InvalidCredentials, ValidationError):
        _count_failure()
        raise
    counting.forget(delay)
    SignInPlace.objects.bulk_create(
        [SignInPlace(key=place, used_at=timezone.now())],
        update_conflicts=True,
        update_fields=["used_at"],
        unique_fields=["key"],
    )


def owner_was_proven(*, email: str) -> None:
    """Begin an account's counters anew, whose owner has just followed a mailed link."""
    rate = rate_of(Scope.LOGIN)
    if rate is not None:
        account, delay = _counters_of(rate, _normalised(email))
        counting.forget(delay, account)


def _counters_of(rate: Rate, *account: str) -> tuple[Window, Delay]:
    window = Window("login-account", key_of("login-account", *account), rate)
    key = key_of("login-delay", *account)
    return window, Delay(key, rate.quota, settings.LOGIN_DELAY_MAX_SECONDS, FORGOTTEN_SECONDS)


def _normalised(login: str) -> str:
    """The name in the one spelling that all that mean the same account share; see UserManager.by_login."""
    return User.objects.normalize_email(login) if "@" in login else str(User.normalize_username(login))


def _is_known(place: str) -> bool:
    since = timezone.now() - timedelta(days=PLACE_DAYS)
    return SignInPlace.objects.filter(pk=place, used_at__gt=since).exists()


def _count_failure() -> None:
    """Count a failure over all accounts and addresses; the one that fills the window raises the alarm, once in it."""
    window = window_of(Scope.LOGIN_FAILURES)
    if window is None:
        return
    verdict = counting.count([window], is_durable=True)
    if verdict.is_allowed and verdict.standings[0].remaining == 0:
        facts = {"failures": window.rate.quota, "seconds": window.rate.seconds}
        logger.error("sign_in_alarm", **facts)
        with transaction.atomic():
            outbox.emit(ALARM, resource="sign_ins", **facts)


def drop_old_places() -> int:
    """Delete places that nobody has signed in from for PLACE_DAYS; returns how many."""
    deleted, _ = SignInPlace.objects.filter(used_at__lt=timezone.now() - timedelta(days=PLACE_DAYS)).delete()
    return deleted
