"""`check_integrity`: runs what is registered, names breaches, repairs derived data when told to."""

from io import StringIO

import pytest
import structlog
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command

from common import integrity
from common.registry import IntegrityCheck, Registry
from common.tasks import prove_the_books

pytestmark = pytest.mark.django_db


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> Registry[IntegrityCheck]:
    registry: Registry[IntegrityCheck] = Registry()
    monkeypatch.setattr(integrity, "integrity_checks", registry)
    return registry


def test_clean_books_exit_quietly(checks: Registry[IntegrityCheck]) -> None:
    checks.register("none", IntegrityCheck("nothing is wrong", "SELECT 1 AS id WHERE false"))
    out = StringIO()

    call_command("check_integrity", stdout=out)

    assert out.getvalue().strip() == "The books are right."


def test_breach_is_named_with_its_ids_and_fails(checks: Registry[IntegrityCheck]) -> None:
    checks.register("broken", IntegrityCheck("one is two", "SELECT 7 AS id, 2 AS found"))
    out = StringIO()

    with pytest.raises(CommandError, match="1 breaches found") as raised:
        call_command("check_integrity", stdout=out)

    assert raised.value.returncode == 1
    assert "broken: one is two: id=7, found=2" in out.getvalue()


def test_fix_repairs_what_is_derived(checks: Registry[IntegrityCheck]) -> None:
    group = Group.objects.create(name="wrong")
    sql = "SELECT id FROM auth_group WHERE name = 'wrong'"

    def fix() -> None:
        Group.objects.filter(pk=group.pk).update(name="right")

    checks.register("names", IntegrityCheck("a name is wrong", sql, fix))

    call_command("check_integrity", "--fix", stdout=StringIO())

    assert Group.objects.get(pk=group.pk).name == "right"


def test_nightly_task_logs_each_breach(checks: Registry[IntegrityCheck]) -> None:
    checks.register("broken", IntegrityCheck("one is two", "SELECT 7 AS id, 2 AS found"))

    with structlog.testing.capture_logs() as lines:
        prove_the_books()

    assert [(line["log_level"], line["event"], line["check"], line["breach"]) for line in lines] == [
        ("error", "integrity_breach", "broken", "one is two: id=7, found=2")
    ]
