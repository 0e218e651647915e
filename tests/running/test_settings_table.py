"""docs/configuration.md: every variable that anything reads, as the settings read it now."""

import re
from pathlib import Path

import pytest

from config import settings_table
from config.environment import CHECKOUT
from config.variables import OUTSIDE, VARIABLES

FOLDERS = ("config", "common", "authentication", "products", "shipping", "orders", "payments", "analytics", "demo")
IN_PYTHON = re.compile(
    r'(?:os\.environ|\benvironment)(?:\.get\(|\.setdefault\(|\[)"([A-Z][A-Z0-9_]+)"|"([A-Z][A-Z0-9_]+)" in os\.environ'
)
IN_COMPOSE = re.compile(r"\$\{([A-Z][A-Z0-9_]+)")
IN_IMAGE = re.compile(r"^(?:ENV|   ) .*?\b([A-Z][A-Z0-9_]+)=", re.MULTILINE)
OF_THE_SYSTEM = {"PATH", "HOME", "LD_LIBRARY_PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "PIP_NO_CACHE_DIR"}


def described() -> list[str]:
    return [name for group in VARIABLES.values() for name in group]


def read_beside_the_settings() -> set[str]:
    found = set()
    for folder in FOLDERS:
        for path in (CHECKOUT / folder).rglob("*.py"):
            found |= {name for pair in IN_PYTHON.findall(path.read_text()) for name in pair if name}
    found |= set(IN_COMPOSE.findall((CHECKOUT / "docker-compose.yml").read_text()))
    found |= set(IN_IMAGE.findall((CHECKOUT / "Dockerfile").read_text()))
    return found - OF_THE_SYSTEM


@pytest.fixture(scope="module")
def page() -> str:
    return settings_table.page()


def test_the_page_is_up_to_date(page: str) -> None:
    written = settings_table.PAGE.read_text()

    assert written == page, "make settings-table"
    assert "/tmp/" not in written  # noqa: S108 - looked for, not used
    assert str(Path.home()) not in written


def test_every_variable_is_described_once_and_none_is_gone() -> None:
    read = set(settings_table.everything_read())

    assert len(described()) == len(set(described()))
    assert read | read_beside_the_settings() <= set(described())
    assert set(described()) - read == set(OUTSIDE) - read
    assert {name for name in OUTSIDE if name in read} <= {"TEST_DATABASE_NAME", "VIEWS_IN_BACKGROUND"}


def test_defaults_are_those_of_the_code(page: str) -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| \w+ \| (.*?) \|", page, re.MULTILINE))

    assert rows["SECRET_KEY"] == "none: required"
    assert rows["ORDER_PAYMENT_MINUTES"] == "`30`"
    assert rows["LIMIT_LOGIN"] == "`10/min`"
    assert rows["EMAIL_VERIFICATION"] == "`mandatory`; under `make run` `optional`"
    assert rows["MEDIA_ROOT"] == "`.data/media`"


def test_what_reads_the_environment_is_found() -> None:
    found = read_beside_the_settings()

    assert {"GRANIAN_PORT", "PROMETHEUS_MULTIPROC_DIR", "PORT", "POSTGRES_PASSWORD", "MALLOC_ARENA_MAX"} <= found
