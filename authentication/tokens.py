"""Access tokens: short-lived, signed, and bound to the user's session stamp."""

from typing import NamedTuple, Self

from rest_framework_simplejwt import tokens

from authentication.models import User

STAMP_CLAIM = "stamp"


class SessionClaim(NamedTuple):
    """Whose session a token says that it belongs to; true as long as the user's stamp is still this one."""

    user_id: int
    stamp: str


class AccessToken(tokens.AccessToken):
    """An access token that dies with a password change or logout-all."""

    @classmethod
    def for_user(cls, user: User) -> Self:  # type: ignore[override] # the library's type variable admits any user
        token = super().for_user(user)
        token[STAMP_CLAIM] = user.session_stamp()
        return token

    def claim(self) -> SessionClaim | None:
        """What the token claims; None where it names no user."""
        user_id = str(self.get("user_id", ""))
        return SessionClaim(int(user_id), str(self.get(STAMP_CLAIM, ""))) if user_id.isdecimal() else None
