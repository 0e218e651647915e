"""Named reads of orders, incl. who may see which."""

from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from orders.models import Order  # noqa: F401


class OrderQuerySet(models.QuerySet["Order"]):
    """Reads of orders."""

    def numbered(self, order_number: str) -> Self:
        """The order with the number, whatever the case it was typed in."""
        return self.filter(order_number=order_number.upper())

    def awaiting_payment(self) -> Self:
        """Orders placed and not yet paid, cancelled or expired."""
        return self.filter(status="pending")
