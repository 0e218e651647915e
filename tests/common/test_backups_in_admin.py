"""Backups in the admin: how old, proved or not; nothing there changes any."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from common.models import Backup
from tests.factories.authentication import UserFactory

pytestmark = pytest.mark.django_db
LIST = "admin:common_backup_changelist"


def backup(name: str, **columns: object) -> Backup:
    taken_at = timezone.now() - timedelta(hours=5)
    return Backup.objects.create(name=name, place="/b", taken_at=taken_at, bytes=2_097_152, sha256="0" * 64, **columns)


@pytest.fixture
def client() -> Client:
    staff = UserFactory.create(is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename="view_backup"))
    client = Client()
    client.force_login(staff)
    return client


@pytest.mark.parametrize(("proof", "shown"), [("verified", "good"), ("waits", "new"), ("damaged", "broken")])
def test_lists_by_proof(client: Client, proof: str, shown: str) -> None:
    now = timezone.now()
    backup("good", verified_at=now, checked_at=now)
    backup("new")
    backup("broken", checked_at=now, problem="its checksum is another")

    page = client.get(reverse(LIST), {"proof": proof}).content.decode()

    assert [name for name in ("good", "new", "broken") if f">{name}</a>" in page] == [shown]
    assert "5\N{NO-BREAK SPACE}hours" in page
    assert "2.0\N{NO-BREAK SPACE}MB" in page


def test_is_to_look_at_only(client: Client) -> None:
    made = backup("new", problem="its checksum is another")
    address = reverse("admin:common_backup_change", args=[made.pk])

    assert b"its checksum is another" in client.get(address).content
    assert client.post(address, {"name": "x"}).status_code == 403
    assert client.post(reverse("admin:common_backup_delete", args=[made.pk]), {"post": "yes"}).status_code == 403
    assert client.get(reverse("admin:common_backup_add")).status_code == 403
    assert Backup.objects.get().name == "new"
