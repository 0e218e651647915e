"""The tests of the release before this one, on the schema of this one: `make previous-release`.

While a release is rolled out, web servers and workers of the one before still run on the schema of the new one. So the
commit that previous-release.toml names is checked out beside this one, with the packages of this one, and its own
tests are run on databases that this checkout has migrated.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2

from config.environment import CHECKOUT, DATA
from tests.servers import VARIABLES, end_keeper, start_keeper

FILE = CHECKOUT / "previous-release.toml"
MIGRATED = "migrated"
# What a release sells with, through its API, jobs and imports; all of its tests are run by ALL=1.
SMOKE = (
    "tests/orders/test_checkout.py",
    "tests/orders/test_cart_items.py",
    "tests/orders/test_orders.py",
    "tests/orders/test_life.py",
    "tests/payments/test_start_payment.py",
    "tests/payments/test_refund.py",
    "tests/payments/test_webhook.py",
    "tests/payments/test_reconcile.py",
    "tests/products/test_product_list.py",
    "tests/products/test_product_create.py",
    "tests/products/test_inventory.py",
    "tests/imports/test_orders.py",
    "tests/imports/test_import_products.py",
    "tests/authentication/test_register.py",
    "tests/authentication/test_me_delete.py",
    "tests/shipping/test_quotes.py",
    "tests/analytics/test_refresh.py",
    "tests/events/test_feed.py",
)


def main() -> int:
    """Run them; pytest's exit status, or 1 with one line that says why not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="all of its tests that are not slow")
    parser.add_argument("tests", nargs="*", help="only these")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--budget", type=float, help="begin no test after so many seconds")
    options = parser.parse_args()
    said = tomllib.loads(FILE.read_text(encoding="utf-8"))
    try:
        with checked_out(said["commit"]) as folder, servers() as environment:
            prepare(environment, workers=options.workers)
            return run(folder, environment, options, said.get("not_run", []))
    except subprocess.CalledProcessError as error:
        sys.stderr.write(f"{' '.join(map(str, error.cmd[:3]))} …: exit status {error.returncode}\n")
        return 1


@contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """Yield a worktree of the commit, which goes afterwards; one that is not here is fetched if it can be."""
    folder = DATA / "previous-release"
    folder.parent.mkdir(parents=True, exist_ok=True)
    if _git("cat-file", "-e", f"{commit}^{{commit}}", check=False).returncode:
        _git("fetch", "--quiet", "--depth=1", "origin", commit)
    _git("worktree", "prune")
    _git("worktree", "add", "--quiet", "--force", "--detach", str(folder), commit)
    try:
        yield folder
    finally:
        shutil.rmtree((folder / ".data" / "servers").resolve(), ignore_errors=True)
        _git("worktree", "remove", "--force", str(folder))


@contextmanager
def servers() -> Iterator[dict[str, str]]:
    """Yield an environment with a PostgreSQL and a Valkey of this run's own."""
    keeper, addresses = start_keeper(list(VARIABLES))
    try:
        yield {**os.environ, **addresses, "DJANGO_SETTINGS_MODULE": "config.settings.test"}
    finally:
        end_keeper(keeper)


def prepare(environment: Mapping[str, str], *, workers: int) -> None:
    """Migrate a database by the code of this checkout, and give each worker a copy under the name that it looks for."""
    server = urlsplit(environment["DATABASE_URL"])
    execute(environment, f"CREATE DATABASE {MIGRATED}")
    migrated = urlunsplit(server._replace(path=f"/{MIGRATED}"))
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity=0"],
        cwd=CHECKOUT,
        env={**environment, "DATABASE_URL": migrated},
        check=True,
    )
    for number in range(workers):
        execute(environment, f"CREATE DATABASE test_shop_gw{number} TEMPLATE {MIGRATED}")


def run(folder: Path, environment: Mapping[str, str], options: Any, not_run: Sequence[str]) -> int:
    """Run its tests in its own folder; pytest finds the databases and migrates them no further."""
    tests = options.tests or (["tests"] if options.all else [name for name in SMOKE if (folder / name).exists()])
    limit = ["-p", "tests.budget", f"--budget={options.budget}"] if options.budget else []
    command = [sys.executable, "-m", "pytest", "--reuse-db", "-n", str(options.workers), *limit, *tests]
    command += [f"--deselect={name}" for name in not_run]
    return subprocess.run(command, cwd=folder, env={**environment, "PYTHONPATH": str(folder)}, check=False).returncode


def execute(environment: Mapping[str, str], statement: str) -> None:
    """Run a statement in no transaction."""
    with closing(psycopg2.connect(environment["DATABASE_URL"])) as connection:
        connection.autocommit = True
        connection.cursor().execute(statement)


def _git(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["git", *arguments], cwd=CHECKOUT, check=check, stderr=None if check else subprocess.DEVNULL)  # noqa: S607


if __name__ == "__main__":
    sys.exit(main())
