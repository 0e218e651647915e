"""Counts that never cost more than ten thousand rows."""

import json
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

EXACT_COUNT_UP_TO = 10_000


@dataclass(frozen=True)
class BoundedCount:
    """How to count a list: exactly up to 10,000 rows, and beyond by what the planner expects.

    `rows` is the SQL of the rows, without order, and `params` are its parameters.
    """

    rows: str
    params: tuple[Any, ...]

    @classmethod
    def of(cls, queryset: QuerySet[Any]) -> "BoundedCount":
        """Of the queryset's rows; it is compiled, not asked."""
        try:
            rows, params = queryset.order_by().values("pk").query.sql_with_params()
        except EmptyResultSet:
            return cls("SELECT 1 WHERE false", ())
        return cls(rows, tuple(params))

    @property
    def sql(self) -> str:
        """The statement that counts up to one more than is exact."""
        return f"SELECT count(*) FROM ({self.rows} LIMIT {EXACT_COUNT_UP_TO + 1}) AS counted"  # noqa: S608 - Django's

    def count(self) -> tuple[int, bool]:
        """How many there are, and whether that is an estimate."""
        with connection.cursor() as cursor:
            cursor.execute(self.sql, self.params)
            counted = cursor.fetchone()[0]
        return self.refine(counted)

    def refine(self, counted: int) -> tuple[int, bool]:
        """What the number that `sql` gave stands for: itself, or at least the planner's estimate."""
        if counted <= EXACT_COUNT_UP_TO:
            return counted, False
        return max(self.estimate(), EXACT_COUNT_UP_TO + 1), True

    def estimate(self) -> int:
        """How many rows the planner expects."""
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (FORMAT JSON) {self.rows}", self.params)
            plan = cursor.fetchone()[0]
        plan = json.loads(plan) if isinstance(plan, str) else plan
        return int(plan[0]["Plan"]["Plan Rows"])
