"""Who is calling: a bearer's access token, checked against the user as they are now."""

from typing import Any, cast

from django.utils.crypto import constant_time_compare
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework_simplejwt.exceptions import TokenError

from authentication.errors import TokenNotValid
from authentication.models import User
from authentication.tokens import AccessToken
from common.audit import context


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer <access token>`; no header, or one of another scheme, means a guest.

    Signature (HS256 only), issuer, audience, type and expiry are checked by the token; a user who is gone,
    deactivated or has changed the password since is refused. One answer for all of it.
    """

    def authenticate(self, request: Request) -> tuple[User, AccessToken] | None:
        token = bearers_token(get_authorization_header(request))
        if token is None:
            return None
        user = _get_user(token)
        context.note_caller(actor_id=user.pk, is_staff=user.is_staff_member or user.is_superuser)
        return user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


def bearers_token(authorization: bytes) -> AccessToken | None:
    """The access token of the header's value, its signature and times checked, its user not; None without one.

    Raises AuthenticationFailed.
    """
    scheme, _, encoded = authorization.strip().partition(b" ")
    if scheme.lower() != b"bearer":  # a scheme's name counts in any case: RFC 9110, 11.1
        return None
    try:
        # The library names the type of what it makes, not of what it takes.
        return AccessToken(cast(Any, encoded.strip()))
    except TokenError as error:
        raise _refusal() from error


def _get_user(token: AccessToken) -> User:
    claim = token.claim()
    user = User.objects.filter(pk=claim.user_id, is_active=True).first() if claim else None
    if claim is None or user is None or not constant_time_compare(claim.stamp, user.session_stamp()):
        raise _refusal()
    return user


def _refusal() -> AuthenticationFailed:
    return AuthenticationFailed(TokenNotValid.title, code=TokenNotValid.code)
