"""Backups of a shop that is busy, and recovery to a point in time by the embedded server's own programs."""

import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from django.core.management import CommandError

from common.backups import restoring, server
from config import embedded_postgres
from config.embedded import Home
from config.processes import wait_until
from orders.models import Order
from tests.common.backing_up import databases, passing, url_of
from tests.common.test_backup import breaches, run
from tests.factories.shipping import ShippingMethodFactory
from tests.live import LiveShop, database_environment
from tests.proofs.clusters import Cluster, ask, manage
from tests.running.conftest import home as home  # noqa: PLC0414 - a fixture

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.mark.django_db(transaction=True)
def test_a_dump_taken_while_orders_are_placed_restores_clean(live_shop: LiveShop, tmp_path: Path) -> None:
    ShippingMethodFactory.create()
    options = ("--stock=1000", "--buyers=1500", "--concurrency=16", f"--url={live_shop.origin}")
    buying = subprocess.Popen(
        [sys.executable, "manage.py", "stress_checkout", *options],
        env={**os.environ, **database_environment()},
        stdout=subprocess.PIPE,
        text=True,
    )

    assert wait_until(lambda: Order.objects.count() > 20, 240)
    taken = [run("backup", to=str(tmp_path)) for _ in range(3)]
    still_buying = buying.poll() is None
    said, _ = buying.communicate()
    counted = [run("verify_backup", each.partition(":")[0], place=str(tmp_path)) for each in taken]

    assert still_buying
    assert all("and its books are right" in each for each in counted)
    assert "The books are right." in said
    with passing("busy") as copy:
        run("restore", taken[0].partition(":")[0], place=str(tmp_path), into=url_of(copy))
        with restoring.using(copy):
            assert 20 < Order.objects.count() < 1000
            assert breaches() == set()


@pytest.mark.django_db(transaction=True)
@pytest.mark.bare_rows
def test_a_role_without_rights_restores_if_it_may_make_databases(tmp_path: Path) -> None:
    run("backup", to=str(tmp_path))
    own = server.shops_database()
    name = f"{own.name[:30]}_operator"
    with passing("theirs") as theirs, server.connected(own) as opened:
        server.ask(opened, f"CREATE ROLE {name} LOGIN NOSUPERUSER PASSWORD 'secret'")
        try:
            operator = replace(theirs, user=name, password="secret")
            with pytest.raises(CommandError, match="No database could be made: permission denied"):
                run("restore", "newest", place=str(tmp_path), into=url_of(operator))
            server.ask(opened, f"ALTER ROLE {name} CREATEDB")
            assert f"{theirs.name} is restored" in run("restore", "newest", place=str(tmp_path), into=url_of(operator))
            again = run("restore", "newest", place=str(tmp_path), into=url_of(operator), over_live=True)
            assert "what was there before is the database" in again
        finally:
            for left in databases() - {own.name}:
                server.drop(own.named(left))
            server.ask(opened, f"DROP ROLE {name}")


def test_recovery_to_a_point_in_time(home: Home, tmp_path: Path) -> None:
    """docs/backup.md, "To a point in time", step by step: what came before the mistake is there, the mistake is not."""
    cluster, archived = Cluster(home), home.own_folder("archive")
    base, data = home.own_folder("bases") / "base", embedded_postgres.data_folder(home)
    with cluster.running():
        pass
    kept = f"{archived}/%f"
    archive = f"test ! -f {kept} && cp %p {kept}.partial && mv {kept}.partial {kept}"
    cluster.configure(f"archive_mode = 'on'\narchive_command = '{archive}'\narchive_timeout = '60s'\n")
    with cluster.running() as running:
        manage(running.url, "migrate", "--verbosity=0")
        cluster.base_backup(base)
        ask(
            running,
            "INSERT INTO common_mail (kind, resource, recipient, subject, text_body) VALUES ('kept','a','a@b','s','t')",
        )
        time.sleep(1)
        good_moment = ask(running, "SELECT now()::text")
        time.sleep(1)
        ask(running, "DELETE FROM common_mail")
        assert ask(running, "SELECT count(*) FROM common_mail") == 0
        segment = ask(running, "SELECT pg_walfile_name(pg_switch_wal())")
        assert wait_until((archived / segment).exists, 60)

    shutil.move(data, home.path / "postgres-of-the-mistake")
    shutil.move(base, data)
    cluster.configure(
        f"restore_command = 'cp {archived}/%f %p'\n"
        f"recovery_target_time = '{good_moment}'\nrecovery_target_action = 'promote'\n"
    )
    (data / "recovery.signal").touch()
    home.give(data / "recovery.signal")
    with cluster.running() as running:
        assert wait_until(lambda: not ask(running, "SELECT pg_is_in_recovery()"), 60)
        assert ask(running, "SELECT kind FROM common_mail") == "kept"
        said = manage(
            running.url, "settle_restored", "--as-of", good_moment.replace(" ", "T") + ":00", f"--in={tmp_path}"
        )
        assert "1 mails that waited are held" in said
        assert ask(running, "SELECT given_up_at IS NOT NULL FROM common_mail")
        assert "The books are right." in manage(running.url, "check_integrity")
        assert ask(running, "SHOW fsync") == "on"
    assert server.shops_database().name  # the suite's own database was never asked
