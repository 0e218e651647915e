"""An early pytest plugin: a PostgreSQL and a Valkey of this test run's own, where none is given."""

import json
import os
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

VARIABLES = ("DATABASE_URL", "REDIS_URL")
CHECKOUT = Path(__file__).resolve().parent.parent


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, object, object]:
    """Start what is missing before Django reads its settings; workers of pytest-xdist inherit the addresses.

    Another process keeps the servers: it ends them when the pipe to it closes, which the kernel does even
    for a test run that is killed. Importing `config` here would settle the broker's address too early.
    """
    missing = [name for name in VARIABLES if not os.environ.get(name)]
    asked_for_help = early_config.known_args_namespace.help or early_config.known_args_namespace.version
    if missing and not asked_for_help:
        keeper, addresses = start_keeper(missing)
        early_config.add_cleanup(lambda: end_keeper(keeper))
        os.environ.update(addresses)
    _take_own_redis_database()
    return (yield)


def _take_own_redis_database() -> None:
    """Each worker of pytest-xdist has one, which it empties between its tests: they number gw0, gw1, and so on."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    url = os.environ.get("REDIS_URL")
    if worker and url:
        os.environ["REDIS_URL"] = f"{url.rpartition('/')[0]}/{1 + int(worker[2:]) % 15}"


def start_keeper(missing: list[str]) -> tuple[subprocess.Popen[str], dict[str, str]]:
    """The process that keeps servers for these variables, and their values; raises pytest.UsageError."""
    keeper = subprocess.Popen(
        [sys.executable, "-m", "config.throw_away", *missing],
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.test"},
    )
    assert keeper.stdout is not None
    said = keeper.stdout.readline()
    addresses = json.loads(said) if said else {"error": "The keeper of the test servers died."}
    if "error" in addresses:
        raise pytest.UsageError(addresses["error"])
    return keeper, addresses


def end_keeper(keeper: subprocess.Popen[str]) -> None:
    """End it with its servers."""
    keeper.communicate()
