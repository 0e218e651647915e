"""What people do with jobs: confirm, cancel, undo, and ask for exports; each names the statuses that it begins in."""

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from common.errors import InvalidInput, NotFound
from common.imports.batches import undo_batch
from common.imports.errors import UndoRefused
from common.imports.jobs.errors import JobTransitionRefused
from common.imports.listening import UndoSummary
from common.imports.subjects import find_subject
from common.models import ExportJob, ImportJob

_Status = ImportJob.Status
CANCELLABLE = (_Status.UPLOADED, _Status.CHECKING, _Status.CHECKED, _Status.CONFIRMED)


def confirm_import(*, job_id: int, actor: Any) -> ImportJob:
    """Have a checked file imported; of many who confirm at once one succeeds. Raises JobTransitionRefused, NotFound."""
    now = timezone.now()
    return _move(
        job_id,
        starts=(_Status.CHECKED,),
        status=_Status.CONFIRMED,
        confirmed_at=now,
        confirmed_by=actor,
        next_attempt_at=now,
        failures=0,
        progress_done=0,
        progress_total=0,
    )


def cancel_import(*, job_id: int) -> ImportJob:
    """End a job that nothing of was imported, a check that runs included. Raises JobTransitionRefused, NotFound."""
    return _move(job_id, starts=CANCELLABLE, status=_Status.CANCELLED, finished_at=timezone.now())


def _move(job_id: int, *, starts: Sequence[str], **columns: Any) -> ImportJob:
    moved = ImportJob.objects.filter(id=job_id, status__in=starts).update(**columns)
    job = ImportJob.objects.select_related("actor", "batch").filter(id=job_id).first()
    if job is None:
        raise NotFound
    if not moved:
        raise JobTransitionRefused(f"The import is {job.status}.", current_status=job.status)
    return job


def undo_import(*, job_id: int, actor: Any) -> UndoSummary:
    """Put back what the import changed, through its batch. Raises UndoRefused where there is nothing to undo."""
    job = ImportJob.objects.filter(id=job_id).first()
    if job is None:
        raise NotFound
    if job.batch_id is None:
        raise UndoRefused("The import changed nothing that could be put back.")
    return undo_batch(batch_id=job.batch_id, actor=actor)


def request_export(*, subject: str, actor: Any) -> ExportJob:
    """Make the job that writes the export; a worker finds it by itself. Raises InvalidInput where there is none."""
    if find_subject(subject).export is None:
        raise InvalidInput.of("subject", "invalid_choice", f"There is no export of {subject}.")
    return ExportJob.objects.create(subject=subject, actor=actor, next_attempt_at=timezone.now())
