"""Workers: one at a time, each step once, taken up again where one died, given up where it never works."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as shop
from django.core.management import call_command
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from pytest_django import Settings

from authentication.models import User
from common.errors import StorageFull
from common.imports.jobs import files, importing, moves, progress, retention, working
from common.imports.jobs.working import LOCK, work_off_one
from common.locking import advisory_lock
from common.models import ExportJob, ImportBatch, ImportJob
from common.tasks import drop_old_jobs, work_off_jobs
from products.models import Product
from tests.imports.jobs.conftest import Upload, work
from tests.live import all_at_once

pytestmark = pytest.mark.django_db


def later(**columns: Any) -> None:
    """A while passes for every job."""
    ImportJob.objects.update(next_attempt_at=timezone.now(), **columns)


def test_the_task_does_one_step_and_nothing_without_a_job(upload: Upload) -> None:
    work_off_jobs()
    upload(confirm="true")

    work_off_jobs()
    work_off_jobs()

    assert ImportJob.objects.values_list("status", "attempts").get() == ("done", 1)


def test_the_oldest_comes_first_of_imports_and_exports(upload: Upload, clerk: User) -> None:
    upload(confirm="true")
    export = moves.request_export(subject="products", actor=clerk)
    upload(confirm="true")

    work_off_one()
    work_off_one()

    export.refresh_from_db()
    assert (export.status, export.row_count) == ("done", 2)
    assert list(ImportJob.objects.order_by("id").values_list("status", flat=True)) == ["done", "confirmed"]


@pytest.mark.django_db(transaction=True)
def test_beside_another_worker_nothing_is_done(upload: Upload) -> None:
    upload(confirm="true")
    with transaction.atomic():
        advisory_lock(LOCK)

        def work_elsewhere() -> bool:
            try:
                return work_off_one()
            finally:
                connection.close()

        assert all_at_once([work_elsewhere, work_elsewhere]) == [False, False]

    assert ImportJob.objects.values_list("status", "attempts").get() == ("confirmed", 0)


@pytest.mark.django_db(transaction=True)
def test_many_workers_do_each_step_once(upload: Upload) -> None:
    for _ in range(3):
        upload(confirm="true")

    def work_elsewhere() -> None:
        try:
            for _ in range(4):
                work_off_one()
        finally:
            connection.close()

    all_at_once([work_elsewhere] * 4)
    work()

    assert list(ImportJob.objects.order_by("id").values_list("status", "created_count", "unchanged_count")) == [
        *(("done", 2, 0), ("done", 0, 2), ("done", 0, 2)),
    ]
    assert ImportBatch.objects.count() == 1


@pytest.mark.parametrize(("left", "end"), [("checking", "checked"), ("importing", "done")])
def test_what_a_dead_worker_left_is_begun_again(upload: Upload, clerk: User, left: str, end: str) -> None:
    upload()
    confirmed = {"confirmed_at": timezone.now(), "confirmed_by": clerk} if left == "importing" else {}
    ImportJob.objects.update(status=left, attempts=1, started_at=timezone.now(), **confirmed)

    assert work() == 1

    assert ImportJob.objects.values_list("status", "attempts", "failures").get() == (end, 2, 1)


def test_what_kills_every_worker_is_given_up(upload: Upload) -> None:
    upload()
    ImportJob.objects.update(status="checking", attempts=4, failures=3, started_at=timezone.now())

    assert work() == 0

    assert ImportJob.objects.values_list("status", "error_code", "failures").get() == ("failed", "worker_lost", 4)


def test_a_worker_that_lost_its_step_to_another_leaves_no_trace(
    upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(confirm="true")
    run_step = importing.run_step

    def overtaken(job: ImportJob, told: Any) -> dict[str, Any]:
        columns = run_step(job, told)
        ImportJob.objects.update(attempts=job.attempts + 1)
        return columns

    monkeypatch.setattr(working, "IMPORTS", working._Kind(ImportJob, working.IMPORTS.begins, overtaken))
    work_off_one()

    assert not Product.objects.exists()
    assert not ImportBatch.objects.exists()
    assert ImportJob.objects.get().status == "importing"


def test_a_check_that_was_cancelled_meanwhile_leaves_no_trace(upload: Upload, monkeypatch: pytest.MonkeyPatch) -> None:
    upload()
    run_step = importing.run_step

    def cancelled(job: ImportJob, told: Any) -> dict[str, Any]:
        columns = run_step(job, told)
        moves.cancel_import(job_id=job.pk)
        return columns

    monkeypatch.setattr(working, "IMPORTS", working._Kind(ImportJob, working.IMPORTS.begins, cancelled))
    work_off_one()

    # In a test without a second connection the cancel is undone with the rest; what counts is that nothing is kept.
    assert ImportJob.objects.get().status in {"checking", "cancelled"}
    assert not ImportJob.objects.get().changes.exists()


def _raising(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(job: ImportJob, told: Any) -> dict[str, Any]:
        raise error

    monkeypatch.setattr(working, "IMPORTS", working._Kind(ImportJob, working.IMPORTS.begins, broken))


def test_what_breaks_is_tried_again_and_then_given_up(upload: Upload, monkeypatch: pytest.MonkeyPatch) -> None:
    upload()
    _raising(RuntimeError("secret of the inside"), monkeypatch)

    with pytest.raises(RuntimeError):
        work()
    first = ImportJob.objects.get()
    for _ in range(3):
        later()
        with pytest.raises(RuntimeError):
            work()

    assert (first.status, first.failures) == ("uploaded", 1)
    assert first.next_attempt_at > timezone.now()
    job = ImportJob.objects.get()
    assert (job.status, job.error_code, job.error_detail) == (
        *("failed", "internal_error", "It broke, each time: RuntimeError."),
    )


def test_waiting_for_a_command_costs_no_attempt(upload: Upload, monkeypatch: pytest.MonkeyPatch) -> None:
    class LockTaken(Exception):
        pgcode = "55P03"

    error = OperationalError("canceling statement due to lock timeout")
    error.__cause__ = LockTaken()
    upload()
    _raising(error, monkeypatch)

    for _ in range(6):
        later()
        work()

    assert ImportJob.objects.values_list("status", "failures").get() == ("uploaded", 0)


@pytest.mark.parametrize(
    ("error", "code"), [(StorageFull(), "storage_full"), (FileNotFoundError("gone"), "file_missing")]
)
def test_what_no_second_try_would_mend_fails_at_once(
    upload: Upload, monkeypatch: pytest.MonkeyPatch, error: Exception, code: str
) -> None:
    upload()
    _raising(error, monkeypatch)

    work()

    assert ImportJob.objects.values_list("status", "error_code").get() == ("failed", code)


def test_a_file_that_is_gone_from_storage_fails(upload: Upload, private_folder: Path) -> None:
    upload()
    (private_folder / ImportJob.objects.get().stored_file).unlink()

    work()

    assert ImportJob.objects.get().error_code == "file_missing"


@pytest.mark.django_db(transaction=True)
def test_watchers_see_progress_while_the_import_is_one_transaction(
    upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "BEAT_SECONDS", 0.01)
    seen: list[tuple[Any, ...]] = []
    upload()
    run_step = importing.run_step

    def watched(job: ImportJob, told: Any) -> dict[str, Any]:
        columns = run_step(job, told)
        row = ImportJob.objects.filter(progress_done__gt=0)
        while not row.exists():
            pass
        seen.append(row.values_list("status", "progress_done", "progress_total").get())
        return columns

    monkeypatch.setattr(working, "IMPORTS", working._Kind(ImportJob, working.IMPORTS.begins, watched))
    work()

    size = ImportJob.objects.get().size
    assert seen == [("checking", size, size)]
    assert ImportJob.objects.get().status == "checked"


def test_rows_kept_are_bounded_and_the_file_of_refused_rows_has_all(
    upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("common.imports.jobs.findings.MOST_ROWS_KEPT", 3)
    lines = [f"A{number},A,1" for number in range(5)] + [f"B{number},B,x" for number in range(5)]
    upload("\n".join(["sku,name,price", *lines]).encode())

    work()

    job = ImportJob.objects.get()
    assert (job.changes.count(), job.refusals.count()) == (3, 3)
    assert (job.created_count, job.refused_count) == (5, 5)
    with files.open_stored(job.stored_refused) as refused:
        assert len(refused.read().decode().splitlines()) == 6


def test_long_values_are_cut_and_hostile_ones_are_kept_harmless(upload: Upload) -> None:
    upload(b"sku,name,price\nA," + b"x" * 5000 + b",1\nB,B,\xff\x00\xfe\nC,<script>,1.x\n")

    work()

    job = ImportJob.objects.get()
    assert job.status == "checked"
    assert max(len(row.value) for row in job.refusals.all()) <= 200
    assert {row.line for row in job.refusals.all()} == {2, 3, 4}


def test_the_refused_rows_of_the_import_take_the_place_of_those_of_the_check(
    upload: Upload, clerk: User, private_folder: Path
) -> None:
    upload()
    work()
    job = ImportJob.objects.get()
    of_check = job.stored_refused
    moves.confirm_import(job_id=job.pk, actor=clerk)

    with_commit = transaction.get_connection()
    assert with_commit.in_atomic_block
    work()

    job.refresh_from_db()
    assert job.stored_refused != of_check
    assert (private_folder / job.stored_refused).is_file()
    assert not (private_folder / of_check).exists()
    assert job.refusals.count() == 1


def test_old_jobs_go_with_their_files_and_their_batches_stay(
    upload: Upload, clerk: User, private_folder: Path, settings: Settings
) -> None:
    settings.IMPORT_RETENTION_DAYS = 30
    upload(confirm="true")
    upload()
    moves.request_export(subject="products", actor=clerk)
    work()
    upload()
    old = timezone.now() - timedelta(days=31)
    ImportJob.objects.update(created_at=old)
    ExportJob.objects.update(created_at=old)

    drop_old_jobs()

    assert list(ImportJob.objects.values_list("status", flat=True)) == ["uploaded"]  # a worker will come to it
    assert not ExportJob.objects.exists()
    assert ImportBatch.objects.count() == 1
    left = [path for path in private_folder.rglob("*") if path.is_file()]
    assert left == [private_folder / ImportJob.objects.get().stored_file]


def test_files_without_a_row_go_after_a_day(
    upload: Upload, private_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload()
    orphan = private_folder / "imports" / "orphan" / "file.csv"
    orphan.parent.mkdir()
    orphan.write_bytes(b"x")

    retention.drop_old()
    young = orphan.exists()
    monkeypatch.setattr(retention, "ORPHANS_AFTER", timedelta(seconds=-5))
    retention.drop_old()

    assert (young, orphan.parent.exists()) == (True, False)
    assert (private_folder / ImportJob.objects.get().stored_file).exists()


def test_another_storage_is_read_through_a_copy(upload: Upload, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_path(_: Any, name: str) -> str:
        raise NotImplementedError

    upload()
    stored = ImportJob.objects.get().stored_file
    with files.open_stored(stored) as opened:
        content = opened.read()
    opener = files.private_storage().open
    folder = shop.PRIVATE_ROOT

    class Remote:
        path = no_path
        open = staticmethod(lambda name, mode: (folder / name).open(mode))

    monkeypatch.setattr(files, "private_storage", Remote)
    with files.local_copies(stored) as [path]:
        assert (path.is_symlink(), path.read_bytes()) == (False, content)
        assert [each.name for each in path.parent.iterdir()] == ["file.csv"]
    assert not path.exists()
    assert opener(stored).read() == content


def test_the_books_are_right_with_jobs(upload: Upload) -> None:
    upload(confirm="true")
    upload()
    work()

    call_command("check_integrity")
