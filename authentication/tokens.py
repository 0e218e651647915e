"""Access tokens: short-lived, signed, and bound to the user's session stamp."""

from typing import Self

from rest_framework_simplejwt import tokens

from authentication.models import User

STAMP_CLAIM = "stamp"


class AccessToken(tokens.AccessToken):
    """An access token that dies with a password change or logout-all."""

    @classmethod
    def for_user(cls, user: User) -> Self:  # type: ignore[override] # the library's type variable admits any user
        token = super().for_user(user)
        token[STAMP_CLAIM] = user.session_stamp()
        return token
