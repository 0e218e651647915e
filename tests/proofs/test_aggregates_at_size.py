"""Millions of order lines: a full rebuild beside the bare GROUP BY, and one day beside a history twice as long.

`AGGREGATE_LINES` says how many lines; 1,000,000 where it is not set. docs/performance.md has the figures of 10,000,000.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from statistics import median

import pytest
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a class

from config.environment import CHECKOUT
from tests.benchmarks.shop_data import connected
from tests.proofs.sales_history import BARE_GROUP_BY, History, shop_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7_200)]

LINES = int(os.environ.get("AGGREGATE_LINES", "1000000"))
ROUNDS = 1 if LINES > 2_000_000 else 3
MOST_TIMES = 1.5
END = date(2026, 1, 1)  # of the history; refunds come until three days later
A_DAY = date(2025, 12, 29)

# In a process of its own, whose database is the big one; says how much the server spent on it.
_REBUILD = """
import sys, time, django
django.setup()
from datetime import date
from django.db import connection
from analytics.services import aggregates
first, last = map(date.fromisoformat, sys.argv[1:])
began = time.perf_counter()
days = sum(1 for _ in aggregates.rebuild(first=first, last=last))
print(time.perf_counter() - began)
"""

# Blocks that the statement of one day looks at, whose rows are all there already.
_BLOCKS_OF_A_DAY = """
import json, sys, django
django.setup()
from datetime import date
from django.db import connection, transaction
from analytics.services import aggregates, counting
day = date.fromisoformat(sys.argv[1])
list(aggregates.rebuild(first=day, last=day))
counting._REWRITE = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + counting._REWRITE
with transaction.atomic(), connection.cursor() as cursor:
    counting.rewrite_days(cursor, first=day, last=day)
    plan = cursor.fetchone()[0][0]["Plan"]
print(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])
"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with shop_of(History(lines=LINES)) as address:
        yield address


def run(script: str, url: str, *arguments: str) -> float:
    """The number that the script prints, which runs on the database."""
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=CHECKOUT,
        env={**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings.test"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return float(done.stdout)


def group_by(cursor: Cursor) -> float:
    """How many seconds PostgreSQL needs for the groups alone, of which it keeps nothing."""
    cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF) {BARE_GROUP_BY}")
    return float(cursor.fetchall()[-1][0].split()[2]) / 1_000


def test_rebuild_takes_little_longer_than_the_bare_group_by(url: str) -> None:
    days = History(lines=LINES).days
    first, last = str(END - timedelta(days=days)), str(END + timedelta(days=4))
    anew, again = [], []
    with connected(url) as cursor:
        for _ in range(ROUNDS):
            cursor.execute("TRUNCATE analytics_salesaggregate, analytics_salesslice, analytics_aggregatedday")
            empty = run(_REBUILD, url, first, last)
            bare = group_by(cursor)
            kept = run(_REBUILD, url, first, last)
            anew.append(empty / bare)
            again.append(kept / bare)
            sys.stdout.write(f"bare {bare:.1f} s, into an empty table {empty:.1f} s, once more {kept:.1f} s\n")

    assert median(again) < MOST_TIMES, again
    assert median(anew) < MOST_TIMES, anew


def test_one_day_costs_the_same_after_a_history_twice_as_long(url: str) -> None:
    with shop_of(History(lines=LINES // 2)) as young_shop:
        young = run(_BLOCKS_OF_A_DAY, young_shop, str(A_DAY))

    old = run(_BLOCKS_OF_A_DAY, url, str(A_DAY))

    sys.stdout.write(f"one day looks at {young:,.0f} blocks, and at {old:,.0f} after twice the history\n")
    assert old < 1.3 * young
