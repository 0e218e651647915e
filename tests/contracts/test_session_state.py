"""Nothing that runs behind a PgBouncer pooling transactions leaves anything in its session, or looks for it there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contracts.test_code_budgets import MODULES, ROOT

# Each with why it may.
MAY = {
    "common/postgresql/prepared.py": "off by DATABASE_PREPARED",
    "common/locking.py": "session_lock, which within a transaction is one of the transaction",
    "products/imports/inventory/staging.py": "a command asks by DATABASE_DIRECT_URL, a job is one transaction",
    "common/backups/server.py": "asks by DATABASE_DIRECT_URL",
    "common/backups/restoring.py": "asks by DATABASE_DIRECT_URL",
    "common/backups/erasure_list.py": "asks by DATABASE_DIRECT_URL",
    "common/management/commands/migrate.py": "asks by DATABASE_DIRECT_URL",
    "common/postgresql/schema.py": "migrate asks by DATABASE_DIRECT_URL",
}
STATE = {
    "a setting of the session": r"[\"';]\s*SET (?!LOCAL\b|CONSTRAINTS\b)(SESSION )?[a-z_.]+ ?(=|TO)",
    "a setting that is not local": r"set_config\([^)]*, *(false|%s\))",
    "a lock of the session": r"pg_(try_)?advisory_lock(_shared)?\(",
    "a prepared statement": r"\b(PREPARE|EXECUTE|DEALLOCATE) (?!FUNCTION|PROCEDURE|format)[a-zA-Z{_]+",
    "a temporary table that outlives its transaction": r"TEMP(ORARY)? TABLE(?![^;]*?ON COMMIT DROP)[^;]*",
    "news that a session waits for": r"\b(UN)?LISTEN\b",
    "a cursor of the session": r"WITH HOLD|\.cursor\(name",
}


def found(source: str) -> Iterator[str]:
    code = re.sub(r"#.*", "", source)
    yield from (what for what, pattern in STATE.items() if re.search(pattern, code))


def test_no_module_keeps_anything_in_its_session() -> None:
    kept = {}
    for path in MODULES:
        name = str(path.relative_to(ROOT))
        if states := sorted(found(path.read_text(encoding="utf-8"))):
            kept[name] = states

    assert set(MAY) <= {str(path.relative_to(ROOT)) for path in MODULES}
    assert {name: states for name, states in kept.items() if name not in MAY} == {}


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ('"SET statement_timeout = 5"', "a setting of the session"),
        ("\"SELECT set_config('a', 'b', false)\"", "a setting that is not local"),
        ('"SELECT pg_advisory_lock(1)"', "a lock of the session"),
        ('f"PREPARE {name} AS {sql}"', "a prepared statement"),
        ('"CREATE TEMPORARY TABLE t (id int)"', "a temporary table that outlives its transaction"),
        ('"LISTEN news"', "news that a session waits for"),
    ],
)
def test_finds_it(source: str, what: str) -> None:
    assert list(found(source)) == [what]


@pytest.mark.parametrize(
    "source",
    [
        '"SET LOCAL lock_timeout = 5"',
        "\"SELECT set_config('a', 'b', true)\"",
        '"SELECT pg_advisory_xact_lock(1)"',
        '"UPDATE t SET a = 1"',
        '"CREATE TEMPORARY TABLE t (id int) ON COMMIT DROP"',
    ],
)
def test_lets_be_what_ends_with_the_transaction(source: str) -> None:
    assert list(found(source)) == []


def test_the_page_of_running_names_every_setting_for_it() -> None:
    page = (Path(ROOT) / "docs" / "running.md").read_text(encoding="utf-8")

    for name in ("DATABASE_SESSION_TIMEOUTS=false", "DATABASE_PREPARED=false", "DATABASE_DIRECT_URL"):
        assert name in page
