"""`backup`, `verify_backup` and `restore`, end to end on the real server."""

import json
from pathlib import Path

import pytest
from django.core.management import call_command

from common.backups import server
from common.models import Backup
from tests.common.backing_up import databases, passing
from tests.factories.products import ProductFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.bare_rows]


def test_round_trip(tmp_path: Path) -> None:
    ProductFactory.create(slug="boot")
    before = databases()

    call_command("backup", to=str(tmp_path))
    call_command("verify_backup", place=str(tmp_path))

    assert databases() == before
    with passing("copy") as copy:
        url = f"postgres://{copy.user}:{copy.password}@{copy.host}:{copy.port}/{copy.name}"
        call_command("restore", "newest", place=str(tmp_path), into=url)
        with server.connected(copy) as opened:
            assert server.ask(opened, "SELECT slug FROM products_product") == [("boot",)]
    assert Backup.objects.get().verified_at
    assert json.loads(next(tmp_path.glob("*.verdict")).read_text())["verified"]
