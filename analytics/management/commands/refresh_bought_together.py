"""`refresh_bought_together`: count again what is bought together, without waiting for the night."""

from typing import Any

from django.core.management.base import BaseCommand

from analytics.services import bought_together


class Command(BaseCommand):
    help = "Count again which products are bought together. Rows that are right already are left as they are."

    def handle(self, *args: Any, **options: Any) -> None:
        changed = bought_together.refresh_bought_together()
        self.stdout.write(self.style.SUCCESS(f"{changed} pairs changed."))
