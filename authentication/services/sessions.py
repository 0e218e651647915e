"""Sessions: signing in, refreshing with rotation, and signing out, here or everywhere."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from django.contrib.auth import authenticate
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from rest_framework_simplejwt.settings import api_settings

from authentication.errors import InvalidCredentials, TokenNotValid
from authentication.models import RefreshToken, User
from authentication.services import sign_in_limits
from authentication.services.locks import lock_active_user
from authentication.tokens import AccessToken, SessionClaim
from common.tokens import hash_token, make_token

logger = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True)
class TokenPair:
    """A short-lived access token and the refresh token that is exchanged for the next pair."""

    access: str
    refresh: str


def sign_in(*, login: str, password: str, network: str) -> TokenPair:
    """Begin a session for the account with this e-mail address (in any case) or user name.

    `network` is whose attempts are counted, beside the account's own (`common.client.client_network`).
    The password is looked at before the user's row is locked, since that takes long; under the lock it must still be
    the same. Raises InvalidCredentials, after the same work, for an unknown, closed or wrongly named account, and
    RateLimited, whatever the password, after too many attempts. Not to be called inside a transaction.
    """
    with sign_in_limits.attempt(login=login, network=network):
        user = authenticate(username=login, password=password)
        if not isinstance(user, User):
            raise InvalidCredentials
        with transaction.atomic():
            locked = _lock_unchanged(user)
            User.objects.filter(pk=user.pk).update(last_login=timezone.now())
            return begin_session(user=locked)


def _lock_unchanged(user: User) -> User:
    """Lock the row of a user who has just proven to be one, unless account or password have gone since."""
    try:
        locked = lock_active_user(user.pk)
    except TokenNotValid as error:
        raise InvalidCredentials from error
    if locked.password != user.password:
        raise InvalidCredentials
    return locked


def begin_session(*, user: User) -> TokenPair:
    """Hand out the first pair of a new family; belongs to a transaction of the caller's."""
    return _hand_out(user, uuid.uuid4())


def refresh_session(*, refresh: str) -> TokenPair:
    """Exchange a refresh token for a new pair; the old one is dead from then on.

    Locks the user's row. Raises TokenNotValid where the token does not work; a token that comes a second time,
    in parallel or later, has leaked or will have, so its whole family ends, and that is committed.
    """
    with transaction.atomic():
        pair = _exchange(hash_token(refresh))
    if pair is None:
        raise TokenNotValid
    return pair


def _exchange(token_hash: str) -> TokenPair | None:
    user_id = RefreshToken.objects.filter(token_hash=token_hash).values_list("user_id", flat=True).first()
    if user_id is None:
        return None
    user = lock_active_user(user_id)
    now = timezone.now()
    token = RefreshToken.objects.filter(token_hash=token_hash).first()
    if token is None:
        return None
    if token.used_at is not None:
        logger.warning("refresh_token_reused", user_id=user_id, family=str(token.family))
        _end_family(token.family)
        return None
    is_open = token.revoked_at is None and token.expires_at > now
    if not is_open or not constant_time_compare(token.stamp, user.session_stamp()):
        return None
    RefreshToken.objects.filter(pk=token.pk).update(used_at=now)
    return _hand_out(user, token.family)


def _hand_out(user: User, family: UUID) -> TokenPair:
    refresh = make_token()
    RefreshToken.objects.create(
        user=user,
        family=family,
        token_hash=hash_token(refresh),
        stamp=user.session_stamp(),
        expires_at=timezone.now() + _lifetime(),
    )
    return TokenPair(access=str(AccessToken.for_user(user)), refresh=refresh)


def _lifetime() -> timedelta:
    lifetime: timedelta = api_settings.REFRESH_TOKEN_LIFETIME
    return lifetime


@transaction.atomic
def end_session(*, refresh: str) -> None:
    """End the session that the refresh token belongs to; one that does not work ends nothing, without a word."""
    token = RefreshToken.objects.filter(token_hash=hash_token(refresh)).first()
    if token is None:
        return
    try:
        lock_active_user(token.user_id)
    except TokenNotValid:
        return
    _end_family(token.family)


def _end_family(family: UUID) -> None:
    RefreshToken.objects.filter(family=family, revoked_at=None).update(revoked_at=timezone.now())


def find_owner(*, refresh: str) -> User | None:
    """The active user whose refresh token this is, if it still works."""
    tokens = RefreshToken.objects.open_at(timezone.now()).select_related("user")
    token = tokens.filter(token_hash=hash_token(refresh), user__is_active=True).first()
    if token is None or not constant_time_compare(token.stamp, token.user.session_stamp()):
        return None
    return token.user


def alive(claims: Collection[SessionClaim]) -> set[SessionClaim]:
    """Those of the claims that hold right now, by one statement: account there and active, session not ended."""
    if not claims:
        return set()
    users = User.objects.filter(pk__in={claim.user_id for claim in claims}, is_active=True)
    return {SessionClaim(user.pk, user.session_stamp()) for user in users}.intersection(claims)


@transaction.atomic
def end_all_sessions(*, user_id: int) -> None:
    """End every session of the user at once; access tokens that are out stop working too. Locks the user's row."""
    lock_active_user(user_id)
    User.objects.filter(pk=user_id).update(session_generation=F("session_generation") + 1)
    revoke_refresh_tokens(user_id=user_id)


def revoke_refresh_tokens(*, user_id: int) -> None:
    """Mark what the user's new session stamp has ended already, so that the rows tell."""
    RefreshToken.objects.filter(user_id=user_id, revoked_at=None).update(revoked_at=timezone.now())


@transaction.atomic
def drop_expired() -> int:
    """Delete refresh tokens past their time, which would be refused anyway; returns how many."""
    deleted, _ = RefreshToken.objects.filter(expires_at__lt=timezone.now()).delete()
    return deleted
