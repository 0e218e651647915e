"""Named reads of payments, refunds and webhook events."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Count, F, Max, Q

if TYPE_CHECKING:
    from payments.models import Payment, Refund, RefundItem, WebhookEvent  # noqa: F401

IN_FLIGHT = ("pending", "processing", "unknown")
CAPTURED = ("succeeded", "partially_refunded", "refunded")


class PaymentQuerySet(models.QuerySet["Payment"]):
    """Reads of payments."""

    def in_flight(self) -> Self:
        """Those that may still succeed."""
        return self.filter(status__in=IN_FLIGHT)

    def captured(self) -> Self:
        """Those whose money arrived, given back or not."""
        return self.filter(status__in=CAPTURED)

    def unanswered(self) -> Self:
        """Those whose gateway has not told yet what it did."""
        return self.filter(status__in=("processing", "unknown"))

    def with_money_left(self) -> Self:
        """Those with money that arrived and is not on its way back."""
        return self.captured().filter(refunded_amount__lt=F("amount"))

    def owed_back(self) -> Self:
        """Those whose money must go back and whose refunds by the shop itself all failed.

        Annotated with how many `failures` there were and when the `last_failure` was.
        """
        by_itself = Q(refunds__status="failed", refunds__actor=None)
        owed = self.with_money_left().filter(Q(is_surplus=True) | Q(order__status="cancelled"))
        return owed.annotate(
            failures=Count("refunds", filter=by_itself), last_failure=Max("refunds__updated_at", filter=by_itself)
        ).filter(failures__gt=0)

    def to_reconcile(self, *, unanswered_since: datetime, pending_since: datetime) -> Self:
        """Those to ask their gateway about, and those that wait for an order that no longer waits for them."""
        unanswered = Q(status__in=("processing", "unknown"), updated_at__lte=unanswered_since)
        waiting = Q(status="pending", updated_at__lte=pending_since) & ~Q(payment_method="manual")
        stranded = Q(status="pending", updated_at__lte=unanswered_since) & ~Q(order__status="pending")
        return self.filter(unanswered | waiting | stranded)

    def of_orders(self, order_ids: Sequence[int]) -> Self:
        """The orders' payments with their refunds and lines, oldest first."""
        related = self.filter(order_id__in=order_ids).select_related("order")
        return related.prefetch_related("refunds__items").order_by("id")


class RefundQuerySet(models.QuerySet["Refund"]):
    """Reads of refunds."""

    def under_way(self) -> Self:
        """Those that their gateway has neither made nor refused."""
        return self.filter(status__in=("pending", "processing"))

    def in_force(self) -> Self:
        """Those that took place or still may: all that have not failed."""
        return self.exclude(status="failed")


class RefundItemQuerySet(models.QuerySet["RefundItem"]):
    """Reads of what refunds give back per line."""

    def in_force(self) -> Self:
        """Those of refunds that have not failed."""
        return self.exclude(refund__status="failed")


class WebhookEventQuerySet(models.QuerySet["WebhookEvent"]):
    """Reads of events received."""

    def not_applied(self) -> Self:
        """Those that have had no effect yet."""
        return self.filter(applied_at=None)
