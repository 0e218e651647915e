"""The end of jobs: rows and files are deleted when their time is over, and files that no row has."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from common.imports.jobs import files
from common.models import ExportJob, ImportJob

# A file is stored before its row is committed: one without a row may still get it, for so long.
ORPHANS_AFTER = timedelta(days=1)
_BLOCK_ROWS = 500


def drop_old() -> int:
    """Delete what nobody moved for IMPORT_RETENTION_DAYS, files and all; returns how many rows.

    The batches stay, with which an import can be undone. Rows go first: a file without one is found by the next run.
    """
    limit = timezone.now() - timedelta(days=settings.IMPORT_RETENTION_DAYS)
    dropped = 0
    while ids := list(_ended(ImportJob, limit, ("uploaded", "checking", "confirmed", "importing"))):
        dropped += _drop(ImportJob, ids)
    while ids := list(_ended(ExportJob, limit, ("queued", "exporting"))):
        dropped += _drop(ExportJob, ids)
    _drop_orphans()
    return dropped


def _ended(model: type[ImportJob | ExportJob], limit: object, moving: tuple[str, ...]) -> list[int]:
    old = model.objects.filter(created_at__lt=limit).exclude(status__in=moving)
    return list(old.order_by("id").values_list("id", flat=True)[:_BLOCK_ROWS])


def _drop(model: type[ImportJob | ExportJob], ids: list[int]) -> int:
    with transaction.atomic():
        stored = list(model.objects.filter(id__in=ids).values_list("stored_file", flat=True))
        model.objects.filter(id__in=ids).delete()
    for name in stored:
        files.discard_folder(name.rpartition("/")[0])
    return len(stored)


def _drop_orphans() -> None:
    limit = timezone.now() - ORPHANS_AFTER
    for model, kind in ((ImportJob, files.IMPORTS), (ExportJob, files.EXPORTS)):
        for folder in files.folders(kind):
            if not model.objects.filter(stored_file__startswith=f"{folder}/").exists():
                files.discard_folder(folder, untouched_since=limit)
