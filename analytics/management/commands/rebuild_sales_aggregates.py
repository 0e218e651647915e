"""`rebuild_sales_aggregates`: count a range of days again from orders and refunds, whatever was counted before."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from analytics import days
from analytics.services import aggregates
from orders.models import Order


class Command(BaseCommand):
    help = "Count the sales of a range of days again. Rows that are right already are left as they are."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="first", type=date.fromisoformat, help="first day; default: the first order")
        parser.add_argument("--to", dest="last", type=date.fromisoformat, help="last day; default: today")

    def handle(self, *args: Any, first: date | None, last: date | None, **options: Any) -> None:
        last = last or days.today()
        first = first or _day_of_first_order() or last
        if first > last:
            raise CommandError("--from is after --to.")
        if not days.EARLIEST <= first <= last <= days.LATEST:
            raise CommandError(f"Days range from {days.EARLIEST} to {days.LATEST}.")
        rebuilt = aggregates.rebuild(first=first, last=last)
        bar = tqdm(rebuilt, total=(last - first).days + 1, unit="day", disable=None)
        counted = sum(1 for _day in bar)
        self.stdout.write(self.style.SUCCESS(f"Counted {counted} days, {first} to {last}."))


def _day_of_first_order() -> date | None:
    placed_at = Order.objects.order_by("created_at", "id").values_list("created_at", flat=True).first()
    return days.day_of(placed_at) if placed_at else None
