"""Who is calling: a bearer's access token, checked against the user as they are now."""

from typing import Any, cast

from django.utils.crypto import constant_time_compare
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework_simplejwt.exceptions import TokenError

from authentication.errors import TokenNotValid
from authentication.models import User
from authentication.tokens import STAMP_CLAIM, AccessToken


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer <access token>`; no header, or one of another scheme, means a guest.

    Signature (HS256 only), issuer, audience, type and expiry are checked by the token; a user who is gone,
    deactivated or has changed the password since is refused. One answer for all of it.
    """

    def authenticate(self, request: Request) -> tuple[User, AccessToken] | None:
        scheme, _, encoded = get_authorization_header(request).strip().partition(b" ")
        if scheme.lower() != b"bearer":  # a scheme's name counts in any case: RFC 9110, 11.1
            return None
        token = _read(encoded.strip())
        return _get_user(token), token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


def _read(encoded: bytes) -> AccessToken:
    try:
        return AccessToken(cast(Any, encoded))  # the library names the type of what it makes, not of what it takes
    except TokenError as error:
        raise _refusal() from error


def _get_user(token: AccessToken) -> User:
    user_id = str(token.get("user_id", ""))
    user = User.objects.filter(pk=user_id, is_active=True).first() if user_id.isdecimal() else None
    if user is None or not constant_time_compare(token.get(STAMP_CLAIM, ""), user.session_stamp()):
        raise _refusal()
    return user


def _refusal() -> AuthenticationFailed:
    return AuthenticationFailed(TokenNotValid.title, code=TokenNotValid.code)
