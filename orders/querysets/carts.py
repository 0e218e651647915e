"""Named reads of carts and their lines."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Exists, OuterRef

from products.models import ProductVariation

if TYPE_CHECKING:
    from authentication.models import User
    from orders.models import Cart, CartItem  # noqa: F401


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


class CartItemQuerySet(models.QuerySet["CartItem"]):
    """Reads of the lines of carts."""

    def with_goods(self) -> Self:
        """With product and variation, and `needs_variation`: whether the product sells by variation only."""
        variations = ProductVariation.objects.filter(product=OuterRef("product"))
        return (
            self.select_related("product", "variation")
            .defer("product__description")
            .annotate(needs_variation=Exists(variations))
            .order_by("id")
        )
