"""Named reads of users' addresses, incl. who may see which."""

from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from authentication.models import Address, User  # noqa: F401


class AddressQuerySet(models.QuerySet["Address"]):
    """Reads of addresses."""

    def of(self, user: "User") -> Self:
        """The user's own, the default first, then the newest."""
        return self.filter(user=user).order_by("-is_default", "-id")
