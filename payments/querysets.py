"""Named reads of payments, refunds and webhook events."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Count, F, Max, Q, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce

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

    def to_look_at(self) -> Self:
        """Those that wait for somebody: their gateway gave no answer, or a bank transfer is to be booked."""
        return self.filter(Q(status="unknown") | Q(status__in=("pending", "processing"), payment_method="manual"))

    def with_money_left(self) -> Self:
        """Those with money that arrived and is not on its way back."""
        return self.captured().filter(refunded_amount__lt=F("amount"))

    def owed_back(self, *, most_failures: int) -> "models.QuerySet[Payment, tuple[int, int, datetime]]":
        """Those whose money must go back and some of whose refunds failed, but not the shop's own as often as that.

        A refund that staff had made before the order was cancelled may be the one that failed. As rows of the id, the
        number of the shop's own failures and the time of the last failure.
        """
        failed = Q(refunds__status="failed")
        return (
            self.with_money_left()
            .filter(Q(is_surplus=True) | Q(order__status="cancelled"))
            .annotate(
                failures=Count("refunds", filter=failed & Q(refunds__actor=None)),
                last=Max("refunds__updated_at", filter=failed),
            )
            .filter(last__isnull=False, failures__lt=most_failures)
            .order_by("id")
            .values_list("id", "failures", "last")
        )

    def to_reconcile(self, *, unanswered_since: datetime, pending_since: datetime, slow_since: datetime) -> Self:
        """Those to ask their gateway about, and those that wait for an order that no longer waits for them.

        One of which the gateway said that it takes days is asked about less often.
        """
        unanswered = Q(status__in=("processing", "unknown"), updated_at__lte=unanswered_since)
        takes_days = Q(status="processing", said="processing", updated_at__gt=slow_since)
        waiting = Q(status="pending", updated_at__lte=pending_since) & ~Q(payment_method="manual")
        stranded = Q(status="pending", updated_at__lte=unanswered_since) & ~Q(order__status="pending")
        told = self.alias(
            said=Coalesce(KT("payment_details__gateway_status"), Value(""), output_field=models.TextField())
        )
        return told.filter(unanswered & ~takes_days | waiting | stranded)

    def to_close(self, *, failed_since: datetime, stranded_since: datetime) -> Self:
        """Failed attempts that their gateway made and may still take money for; sooner where the order needs none."""
        is_stranded = Q(updated_at__lte=stranded_since) & ~Q(order__status="pending")
        failed = self.filter(status="failed", closed_at=None, transaction_id__isnull=False)
        return failed.filter(Q(updated_at__lte=failed_since) | is_stranded)

    def of_orders(self, order_ids: Sequence[int]) -> Self:
        """The orders' payments with their refunds and lines, oldest first."""
        related = self.filter(order_id__in=order_ids).select_related("order")
        return related.prefetch_related("refunds__items").order_by("id")


class RefundQuerySet(models.QuerySet["Refund"]):
    """Reads of refunds."""

    def under_way(self) -> Self:
        """Those that their gateway has neither made nor refused."""
        return self.filter(status__in=("pending", "processing"))

    def to_reconcile(self, *, unanswered_since: datetime, slow_since: datetime) -> Self:
        """Those to ask their gateway about, less often where it made them and the money is on its way."""
        is_due = Q(refund_transaction_id=None, updated_at__lte=unanswered_since) | Q(updated_at__lte=slow_since)
        return self.under_way().filter(is_due)

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
