"""Jobs of imports and exports, without files."""

from typing import Any

from django.utils import timezone

from common.models import ExportJob, ImportJob, ImportJobChange


def checked_import(*, actor: Any, **columns: Any) -> ImportJob:
    """An import that waits for its confirmation, with three rows of difference."""
    job = ImportJob.objects.create(
        **{
            "subject": "products",
            "format": "native",
            "mode": "upsert",
            "file_name": "products.csv",
            "stored_file": "imports/none/file.csv",
            "sha256": "0" * 64,
            "size": 10,
            "status": "checked",
            "actor": actor,
            "created_count": 3,
            "started_at": timezone.now(),
            **columns,
        }
    )
    ImportJobChange.objects.bulk_create(
        ImportJobChange(
            job=job, position=place, line=place + 1, action="create", kind="product", label=f"S{place}", values={}
        )
        for place in (1, 2, 3)
    )
    return job


def finished_export(*, actor: Any) -> ExportJob:
    """An export that can be downloaded."""
    return ExportJob.objects.create(
        subject="products",
        actor=actor,
        status="done",
        stored_file="exports/none/export.csv",
        finished_at=timezone.now(),
    )
