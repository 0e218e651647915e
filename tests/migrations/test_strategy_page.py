"""docs/data-migration.md: every line of the strategy is there, and every file and test that it names exists."""

import re

from django.db.migrations.loader import MigrationLoader

from config.environment import CHECKOUT

PAGE = (CHECKOUT / "docs" / "data-migration.md").read_text(encoding="utf-8")
STRATEGY = (
    (CHECKOUT / "docs" / "database-schema.md").read_text(encoding="utf-8").partition("## Data Migration Strategy")[2]
)
ROWS = [[cell.strip() for cell in line.split("|")[1:-1]] for line in PAGE.splitlines() if line.startswith("| ")][2:]


def lines_of_the_strategy() -> list[str]:
    """What it asks for, without marks of lists and code."""
    found = re.findall(r"^\s*(?:\d\.|-)\s+(.*)$", STRATEGY, re.MULTILINE)
    return [line.rstrip(":") if line.endswith(":") else line for line in found]


def test_every_line_is_on_the_page_once_and_in_order() -> None:
    asked = [line.replace("**:", "**") for line in lines_of_the_strategy()]

    assert len(asked) > 20
    assert [row[0] for row in ROWS] == asked


def test_what_it_names_exists() -> None:
    named = {
        name for row in ROWS for cell in row[1:] for name in re.findall(r"`([\w./-]+/[\w./-]+|[\w-]+\.toml)", cell)
    }

    assert len(named) > 30
    assert [name for name in sorted(named) if not (CHECKOUT / name).is_file()] == []


def test_every_line_has_a_test_that_exists() -> None:
    for row in ROWS:
        tests = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", row[2])

        assert tests, row
        for file, name in tests:
            assert f"def {name or 'test_'}" in (CHECKOUT / file).read_text(encoding="utf-8"), (file, name)


def test_tables_are_created_in_the_order_of_the_page() -> None:
    order = [
        app
        for app, name in MigrationLoader(None).graph._generate_plan([("analytics", "0001_initial")], at_end=True)
        if name == "0001_initial"
    ]
    shop = [app for app in order if (CHECKOUT / app / "migrations").is_dir() and app != "common"]

    assert shop == ["authentication", "products", "shipping", "orders", "payments", "analytics"]
