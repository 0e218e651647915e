"""What the database reads for a request: the plans of the statements that the API really sends."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient


@dataclass(frozen=True)
class Reads:
    """The scans of one statement: of each table the rows found, and those that were read and dropped.

    A bitmap of row addresses is an index's work; the rows are read by the heap scan above it.
    """

    sql: str
    found: Counter[str]
    dropped: Counter[str]
    sequential: set[str]

    @property
    def is_count(self) -> bool:
        """Whether it counts matches, which it does up to a bound of its own."""
        return self.sql.upper().startswith(("SELECT COUNT(*) FROM (", "SELECT (SELECT COUNT(*) FROM ("))


def reads_of(client: APIClient, address: str) -> list[Reads]:
    """Send the request, then explain and run each of its statements anew."""
    with CaptureQueriesContext(connection) as captured:
        response = client.get(address)
    assert response.status_code == 200, response.content
    statements = [query["sql"].strip() for query in captured.captured_queries]
    return [_explain(sql) for sql in statements if sql.startswith(("SELECT", "WITH"))]


def _explain(sql: str) -> Reads:
    settings, _, sql = sql.rpartition(";\n")  # sent together with the statement that they are for
    with connection.cursor() as cursor:
        if settings:
            cursor.execute(settings)
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}")
        said = cursor.fetchone()[0]
    plan = (json.loads(said) if isinstance(said, str) else said)[0]["Plan"]
    reads = Reads(sql.strip(), Counter(), Counter(), set())
    for node in _nodes(plan):
        table = node.get("Relation Name")
        if table is None:
            continue
        dropped = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
        reads.found[table] += round(node["Actual Rows"] * node["Actual Loops"])
        reads.dropped[table] += round(dropped * node["Actual Loops"])
        if node["Node Type"] == "Seq Scan":
            reads.sequential.add(table)
    return reads


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)
