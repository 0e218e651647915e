"""`manage.py stress_checkout`: sells few units to many buyers at once, and exits 1 where that went wrong."""

import contextlib
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from orders.stress.proof import CannotProve, Report, Wanted, prove
from orders.stress.server import ServerDidNotStart, own_server

PRODUCTION = "config.settings.production"


class Command(BaseCommand):
    help = (
        "Prove on staging that nothing is oversold: a product of its own, more buyers than units, the real web "
        "server. Ends with check_integrity; exits 1 on oversell, on any 5xx and on any lost order. docs/proofs.md."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--stock", type=int, default=500, help="units for sale (500)")
        parser.add_argument("--buyers", type=int, default=2000, help="buyers, each with a cart of one unit (2000)")
        parser.add_argument("--concurrency", type=int, default=64, help="buyers at once (64)")
        parser.add_argument("--url", help="a running shop on this database; without it one is started")
        parser.add_argument("--workers", type=int, default=2, help="web workers of the shop that is started (2)")
        parser.add_argument("--country", default="US", help="where the buyers live (US)")
        parser.add_argument("--state", default="CA", help="and in which state (CA)")
        parser.add_argument("--in-production", action="store_true", help="run even with the production settings")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.SETTINGS_MODULE == PRODUCTION and not options["in_production"]:
            raise CommandError("This is a production shop: the orders would be real. --in-production runs it.")
        wanted = Wanted(*(options[name] for name in ("stock", "buyers", "concurrency", "country", "state")))
        if min(wanted.stock, wanted.buyers, wanted.concurrency) < 1:
            raise CommandError("Stock, buyers and concurrency are at least 1.")
        given = contextlib.nullcontext(options["url"])
        try:
            with given if options["url"] else own_server(workers=options["workers"]) as url:
                report = prove(url=url, wanted=wanted)
        except (CannotProve, ServerDidNotStart) as error:
            raise CommandError(str(error)) from error
        self._print(report)
        if report.faults:
            raise CommandError("The shop does not hold: " + "; ".join(report.faults), returncode=1)
        self.stdout.write(self.style.SUCCESS("Nothing oversold, nothing lost. The books are right."))

    def _print(self, report: Report) -> None:
        conflicts = ", ".join(f"{code} {number}" for code, number in report.conflicts.items())
        rows = {
            "sold": report.sold,
            "409": f"{report.conflicts.total()}" + (f" ({conflicts})" if conflicts else ""),
            "5xx": report.server_errors,
            "others": report.others.total(),
            "deadlocks": report.deadlocks,
            "rate": f"{report.rate:.0f} checkouts/s ({report.seconds:.1f} s)",
            "answers": f"median {report.median_seconds * 1000:.0f} ms, slowest {report.slowest_seconds * 1000:.0f} ms",
        }
        for name, value in rows.items():
            self.stdout.write(f"{name:<10} {value}")
