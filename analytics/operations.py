"""The dashboard's parts about payments, backups and aggregates, each with the list behind it."""

from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.timesince import timesince

from analytics.cards import Card, list_link
from analytics.formatting import money
from analytics.models import AggregatedDay
from analytics.reports import worklists
from common.models import Backup
from payments.models import Payment

ROWS_SHOWN = 6
A_MOMENT = timedelta(minutes=1)


def payments_part() -> dict[str, Any]:
    """Payments that wait for somebody: no answer from the gateway, or a bank transfer to book."""
    payments = worklists.payments_to_look_at()
    count = payments.count()
    link = list_link("payments_payment", attention="yes")
    return {
        "cards": [Card("Payments to look at", f"{count:,}", "credit_card_clock", link, "unanswered, or to be booked")],
        "rows": [
            {
                "number": payment.order.order_number,
                "why": "no answer" if payment.status == Payment.Status.UNKNOWN else "transfer to book",
                "is_urgent": payment.status == Payment.Status.UNKNOWN,
                "amount": money(payment.amount),
                "created_at": payment.created_at,
                "link": reverse("admin:payments_payment_change", args=[payment.pk]),
            }
            for payment in payments.select_related("order")[:ROWS_SHOWN]
        ],
        "link": link,
        "count": count,
    }


def refunds_part() -> dict[str, Any]:
    """Refunds that failed lately."""
    link = list_link("payments_refund", status__exact="failed")
    count = worklists.failed_refunds().count()
    return {"cards": [Card("Failed refunds", f"{count:,}", "money_off", link, "of the last 30 days")]}


def disputes_part() -> dict[str, Any]:
    """Disputes that have not ended."""
    link = list_link("payments_dispute", closed_at__isempty=1)
    count = worklists.open_disputes().count()
    return {"cards": [Card("Open disputes", f"{count:,}", "gavel", link, "answered at the gateway")]}


def backup_part() -> dict[str, Any]:
    """The last backup, and whether it is known to restore."""
    last = Backup.objects.order_by("-taken_at", "-id").first()
    link = list_link("common_backup")
    if last is None:
        return {"cards": [Card("Last backup", "None yet", "backup", link, "see docs/backup.md", is_bad=True)]}
    if last.problem:
        return {"cards": [Card("Last backup", _ago(last.taken_at), "backup", link, "does not restore", is_bad=True)]}
    note = "verified" if last.verified_at else "not verified yet"
    return {"cards": [Card("Last backup", _ago(last.taken_at), "backup", link, note)]}


def aggregates_part() -> dict[str, Any]:
    """When sales were counted last, and how many days wait."""
    last = AggregatedDay.objects.last_counted_at()
    waiting = AggregatedDay.objects.stale().count()
    note = f"{waiting:,} days wait to be counted" if waiting else "every day is up to date"
    value = _ago(last) if last else "Not yet"
    return {"cards": [Card("Sales counted", value, "event_available", list_link("analytics_aggregatedday"), note)]}


def _ago(moment: datetime) -> str:
    return "Just now" if timezone.now() - moment < A_MOMENT else f"{timesince(moment, depth=1)} ago"
