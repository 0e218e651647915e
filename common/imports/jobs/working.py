"""Works off jobs, one at a time in the whole shop, so that they never take more than one place of the workers.

A job is found by its row, not by a message: what runs is looked for every few seconds, so losing the broker loses
nothing. Who works holds an advisory lock as long as its transaction lives, and the work commits together with the
job's next status. A worker that dies leaves nothing but a row that says `checking` or `importing` and a lock that
PostgreSQL takes back: whoever gets the lock next begins that step anew.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import OperationalError, models, transaction
from django.utils import timezone

from common.errors import StorageFull
from common.failpoints import failpoint
from common.imports.errors import FileRefused
from common.imports.jobs import exporting, files, importing
from common.imports.jobs.progress import Progress
from common.locking import is_taken, try_advisory_lock
from common.models import ExportJob, ImportJob
from common.replicas import marks

LOCK = "common.jobs"
MOST_FAILURES = 3
PAUSE = timedelta(seconds=30)


@dataclass(frozen=True)
class _Kind:
    """Imports or exports: where their rows are, what each step is, and from which status it began."""

    model: type[ImportJob | ExportJob]
    begins: dict[str, str]
    work: Callable[[Any, Progress], dict[str, Any]]

    @property
    def rows(self) -> models.QuerySet[Any]:
        return self.model._default_manager.all()  # noqa: SLF001 - Django's public name for it


IMPORTS = _Kind(ImportJob, {"uploaded": "checking", "confirmed": "importing"}, importing.run_step)
EXPORTS = _Kind(ExportJob, {"queued": "exporting"}, exporting.run_export)


@dataclass(frozen=True)
class _Begun:
    """A step that this worker began, unless `attempts` says by now that another began it again."""

    kind: _Kind
    job_id: int
    status: str
    attempts: int

    @property
    def rows(self) -> models.QuerySet[Any]:
        """The job's row, as long as the step is ours."""
        return self.kind.rows.filter(id=self.job_id, status=self.status, attempts=self.attempts)


def work_off_one() -> bool:
    """Do one step of the job that waits longest; tells whether there was one and nobody else was at work.

    What nobody foresaw is raised, after the step was given back to be tried again.
    """
    begun = _begin()
    if begun is None:
        return False
    failpoint("job.after_begin")
    try:
        _work(begun)
    except (FileRefused, StorageFull) as error:
        _fail(begun, error.code, error.detail)
    except FileNotFoundError:
        _fail(begun, "file_missing", "The file is not in storage any more.")
    except SoftTimeLimitExceeded:
        _fail(begun, "took_too_long", "The file takes longer than a worker may work: split it.")
    except OperationalError as error:
        _give_back(begun, error, counts=not is_taken(error))
    except Exception as error:
        _give_back(begun, error, counts=True)
        raise
    return True


@transaction.atomic
def _begin() -> _Begun | None:
    """Mark the job that waits longest as under way; visible at once, as the work itself is a transaction of its own."""
    if not try_advisory_lock(LOCK):
        return None
    found = [(kind, job) for kind in (IMPORTS, EXPORTS) if (job := kind.model.objects.due().first())]
    if not found:
        return None
    kind, job = min(found, key=lambda pair: pair[1].next_attempt_at)
    was_left = job.status in kind.begins.values()  # by a worker that died, for nobody holds the lock
    failures = job.failures + was_left
    rows = kind.rows.filter(id=job.id, status=job.status)
    if failures > MOST_FAILURES:
        rows.update(**_failure("worker_lost", "The workers that were at it died, each time.", failures))
        return None
    now = timezone.now()
    status = kind.begins.get(job.status, job.status)
    moved = rows.update(
        status=status,
        attempts=job.attempts + 1,
        failures=failures,
        started_at=now,
        heartbeat_at=now,
        progress_done=0,
        progress_total=0,
    )
    return _Begun(kind, job.id, status, job.attempts + 1) if moved else None


def _work(begun: _Begun) -> None:
    """Do the step and note its end in one transaction; what was cancelled or begun again meanwhile leaves no trace."""
    with transaction.atomic():
        if not try_advisory_lock(LOCK):
            return
        job = begun.rows.first()
        if job is None:
            return
        with Progress(begun.kind.rows, job_id=begun.job_id, attempts=begun.attempts) as progress:
            columns = begun.kind.work(job, progress)
        kept = begun.rows.update(**{**progress.columns, **columns})
        if not kept:
            transaction.set_rollback(True)
        failpoint("job.before_commit")
    if kept:
        _mark(job)
        files.discard(*_replaced(job, columns))


def _mark(job: Any) -> None:
    """Whose job it is reads what it brought, on whatever replica."""
    if settings.DATABASE_REPLICAS:
        for user_id in {job.actor_id, getattr(job, "confirmed_by_id", None)} - {None}:
            marks.note(marks.Asker({}, user_id))


def _replaced(job: Any, columns: dict[str, Any]) -> list[str]:
    """The files of an earlier step that nothing points to any more."""
    earlier = getattr(job, "stored_refused", "")
    return [earlier] if earlier and earlier != columns.get("stored_refused", earlier) else []


def _fail(begun: _Begun, code: str, detail: str) -> None:
    begun.rows.update(**_failure(code, detail))


def _failure(code: str, detail: str, failures: int | None = None) -> dict[str, Any]:
    counted = {} if failures is None else {"failures": failures}
    text = detail.replace("\x00", "").encode(errors="replace").decode()[:2_000]
    return {
        "status": "failed",
        "error_code": code,
        "error_detail": text,
        "finished_at": timezone.now(),
        **counted,
    }


def _give_back(begun: _Begun, error: Exception, *, counts: bool) -> None:
    """Have the step begun again in a while; not for ever, where it is more than that somebody held the lock."""
    job = begun.rows.first()
    if job is None:
        return
    failures = job.failures + counts
    if failures > MOST_FAILURES:
        begun.rows.update(**_failure("internal_error", f"It broke, each time: {type(error).__name__}.", failures))
        return
    earlier = {later: first for first, later in begun.kind.begins.items()}[begun.status]
    begun.rows.update(status=earlier, failures=failures, next_attempt_at=timezone.now() + PAUSE)
