"""`manage.py import_batches`: lists what was imported, the latest first; docs/import.md is its manual."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from common.models import ImportBatch

_SHOWN = 50


class Command(BaseCommand):
    requires_system_checks = ()
    help = "List the imports that can be undone, and those that were, the latest first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--limit", type=int, default=_SHOWN, help=f"how many to list at most; default {_SHOWN}")

    def handle(self, *args: Any, **options: Any) -> None:
        batches = list(ImportBatch.objects.for_list()[: max(options["limit"], 0)])
        for batch in batches:
            self.stdout.write(_line(batch))
        if not batches:
            self.stdout.write("Nothing was imported yet.")


def _line(batch: ImportBatch) -> str:
    who = batch.actor.email if batch.actor else "-"
    told = (
        f"{batch.id}  {batch.created_at:%Y-%m-%d %H:%M}  {who}  "
        f"{batch.subject} {batch.file_name}  {batch.format} {batch.mode}  "
        f"{batch.created_count} created, {batch.updated_count} updated, {batch.refused_count} refused  "
        f"{batch.get_status_display().lower()}"
    )
    if batch.undone_at is None:
        return told
    by = f" by {batch.undone_by.email}" if batch.undone_by else ""
    return f"{told} {batch.undone_at:%Y-%m-%d %H:%M}{by}: {batch.put_back_count} put back, {batch.left_count} left"
