"""Named reads of users' addresses and tokens, incl. who may see which and which still work."""

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from authentication.models import Address, OneTimeToken, RefreshToken, User  # noqa: F401


class AddressQuerySet(models.QuerySet["Address"]):
    """Reads of addresses."""

    def of(self, user: "User") -> Self:
        """The user's own, the default first, then the newest."""
        return self.filter(user=user).order_by("-is_default", "-id")


class RefreshTokenQuerySet(models.QuerySet["RefreshToken"]):
    """Reads of refresh tokens."""

    def open_at(self, now: datetime) -> Self:
        """Neither used nor ended nor expired."""
        return self.filter(used_at=None, revoked_at=None, expires_at__gt=now)


class OneTimeTokenQuerySet(models.QuerySet["OneTimeToken"]):
    """Reads of one-time tokens."""

    def mailed(self) -> Self:
        """Those whose link has left the house."""
        return self.filter(token_hash__isnull=False)

    def sent_to(self, email: str, *, since: datetime) -> Self:
        """Those that led to a mail to the address, be it a link or a word that it has an account already."""
        return self.filter(email=email, created_at__gt=since).exclude(token_hash=None, used_at=None)

    def newer_than(self, token: "OneTimeToken") -> Self:
        """Links mailed later to the same account (or, where there is none, address) for the same purpose."""
        same = {"user": token.user_id} if token.user_id else {"user": None, "email": token.email}
        return self.mailed().filter(purpose=token.purpose, id__gt=token.pk, **same)
