"""Who is calling: a bearer's access token, checked against the user as they are now."""

from django.utils.crypto import constant_time_compare
from rest_framework.exceptions import AuthenticationFailed
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import TokenError

from authentication.errors import TokenNotValid
from authentication.models import User
from authentication.tokens import STAMP_CLAIM, AccessToken


class BearerAuthentication(JWTAuthentication):
    """`Authorization: Bearer <access token>`; no header means a guest.

    Signature (HS256 only), issuer, audience, type and expiry are checked by the token; a user who is gone,
    deactivated or has changed the password since is refused. One answer for all of it.
    """

    def get_raw_token(self, header: bytes) -> bytes | None:
        """The token; None for another scheme, whose name counts in any case (RFC 9110, 11.1)."""
        scheme, _, token = header.strip().partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        return token.strip()

    def get_validated_token(self, raw_token: bytes) -> AccessToken:
        try:
            return AccessToken(raw_token)
        except TokenError as error:
            raise _refusal() from error

    def get_user(self, validated_token: AccessToken) -> User:
        user_id = str(validated_token.get("user_id", ""))
        user = User.objects.filter(pk=user_id, is_active=True).first() if user_id.isdecimal() else None
        if user is None or not constant_time_compare(validated_token.get(STAMP_CLAIM, ""), user.session_stamp()):
            raise _refusal()
        return user


def _refusal() -> AuthenticationFailed:
    return AuthenticationFailed(TokenNotValid.title, code=TokenNotValid.code)
