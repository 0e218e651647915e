"""Runs the invariants that applications register in `common.registry.integrity_checks`."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection

from common.registry import IntegrityCheck, integrity_checks

MOST_BREACHES_SHOWN = 100


@dataclass(frozen=True)
class Result:
    """One invariant and its breaches, each in words with its ids."""

    name: str
    description: str
    breaches: list[str]


def run_checks() -> Iterator[Result]:
    """Run every invariant, in the order of registration."""
    for name, check in integrity_checks:
        yield Result(name, check.description, _breaches(check))


def fix_derived_data() -> None:
    """Repair what can be derived again (aggregates and the like); facts are never touched."""
    for _name, check in integrity_checks:
        if check.fix and _breaches(check):
            check.fix()


def _breaches(check: IntegrityCheck) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({check.sql}) AS breaches LIMIT {MOST_BREACHES_SHOWN}")  # noqa: S608 - our own SQL
        names = [column.name for column in cursor.description or ()]
        return [
            f"{check.description}: " + ", ".join(f"{name}={value}" for name, value in zip(names, row, strict=True))
            for row in cursor.fetchall()
        ]
