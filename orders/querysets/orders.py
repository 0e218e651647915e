"""Named reads of orders, incl. who may see which."""

from typing import TYPE_CHECKING, Self

from django.apps import apps
from django.db import models
from django.db.models import F, Q

if TYPE_CHECKING:
    from authentication.models import User
    from orders.models import Order  # noqa: F401


class OrderQuerySet(models.QuerySet["Order"]):
    """Reads of orders."""

    def numbered(self, order_number: str) -> Self:
        """The order with the number, whatever the case it was typed in."""
        return self.filter(order_number=order_number.upper())

    def visible_to(self, *, user: "User | None", token_hash: str | None) -> Self:
        """The user's own orders, and the one that the token of this hash opens, handed out or mailed."""
        mine = Q(user=user) if user else Q(pk__in=[])
        by_token = Q(access_token_hash=token_hash) | Q(mailed_token_hash=token_hash) if token_hash else Q(pk__in=[])
        return self.filter(mine | by_token)

    def awaiting_payment(self) -> Self:
        """Orders placed and not yet paid, cancelled or expired."""
        return self.filter(status="pending")

    def paid_here(self) -> Self:
        """Orders that are paid, but for those that were so already when an import brought them in."""
        return self.exclude(paid_at=None).exclude(paid_at__lte=F("imported_at"))

    def with_body(self) -> Self:
        """With the lines and events that an order's body shows."""
        return self.prefetch_related("items", "events")

    def matching(self, text: str) -> Self:
        """Orders whose number, e-mail or tracking number contains the text, or that sold the SKU."""
        lines = apps.get_model("orders", "OrderItem").objects.filter(product_sku__iexact=text)
        return self.filter(
            Q(order_number__icontains=text)
            | Q(email__icontains=text)
            | Q(tracking_number__icontains=text)
            | Q(pk__in=lines.values("order"))
        )
