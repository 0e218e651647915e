"""`backfill NAME`: fill in a column of a table that is in use."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from common.backfills.showing import shown
from common.backfills.working import Pace, UnknownBackfill, begin
from common.locking import is_taken
from common.models import BackfillRun
from common.registry import backfills


class Command(BaseCommand):
    help = (
        "Work off a back-fill, in small batches with breaks; killed or stopped, it goes on from there when run again."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="?", help="without one: say which there are, and how far they are")
        parser.add_argument("--rows", type=int, default=Pace.rows, help="of the first batch (default: %(default)s)")
        parser.add_argument(
            "--rest", type=float, default=Pace.rest, help="seconds of rest per second of work (default: %(default)s)"
        )
        parser.add_argument("--again", action="store_true", help="from the first row, though it was done")
        parser.add_argument("--later", action="store_true", help="only begin it: Celery's workers do the rest")

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError with one line; what was done stays."""
        if options["rows"] < 1 or options["rest"] < 0:
            raise CommandError("--rows must be 1 or more, --rest 0 or more.")
        if not options["name"]:
            self._list()
            return
        try:
            run = begin(options["name"], again=options["again"])
            if options["later"]:
                self.stdout.write(f"{run.name}: begun; the workers go on with it.")
                return
            run = shown(run.name, pace=Pace(rows=options["rows"], rest=options["rest"]))
        except UnknownBackfill as error:
            raise CommandError(str(error)) from None
        except OperationalError as error:
            if not is_taken(error):
                raise
            raise CommandError("Rows are locked by somebody else for too long; run it again, it goes on.") from error
        self.stdout.write(f"{run.name}: done; {run.changed:,} rows filled.")

    def _list(self) -> None:
        runs = {run.name: run for run in BackfillRun.objects.all()}
        for name, backfill in backfills:
            self.stdout.write(f"{name}: {backfill.description}; {_standing(runs.get(name))}")


def _standing(run: BackfillRun | None) -> str:
    if run is None:
        return "never begun"
    if run.finished_at:
        return f"done {run.finished_at:%Y-%m-%d}, {run.changed:,} rows filled"
    return f"at {run.place:,} of {run.until:,}, {run.changed:,} rows filled"
