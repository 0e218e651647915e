"""Named reads of carts."""

from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from authentication.models import User
    from orders.models import Cart  # noqa: F401


class CartQuerySet(models.QuerySet["Cart"]):
    """Reads of carts."""

    def owned_by(self, *, user: "User | None", session_id: str | None) -> Self:
        """The user's carts; without a user, the guest's whose token has this hash, if any."""
        if user is not None:
            return self.filter(user=user)
        return self.filter(user=None, session_id=session_id) if session_id else self.none()

    def active(self) -> Self:
        """Carts that were neither ordered nor merged."""
        return self.filter(is_active=True)
