"""`backup` and `restore`, end to end on the real server: what comes back, and what is not done again."""

import signal
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings as shop_settings
from django.contrib.sessions.models import Session
from django.core import mail as outgoing
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import Settings

from authentication.models import OneTimeToken, RefreshToken, User
from authentication.services import data_requests, sessions
from common import outbox
from common.backups import erasure_list, restoring, server
from common.backups.places import open_place
from common.backups.server import Database
from common.backups.taking import LOCK
from common.integrity import run_checks
from common.mail import HELD
from common.mail_delivery import send_due_mails
from common.models import Backup, Erasure, Mail, OutboxEvent
from orders.models import Order
from payments.models import Payment
from tests.common.backing_up import databases, fingerprint, passing, url_of
from tests.factories.authentication import UserFactory
from tests.factories.orders import OrderFactory
from tests.integrity.conftest import _build

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.bare_rows]


def run(command: str, *arguments: str, **options: object) -> str:
    said = StringIO()
    call_command(command, *arguments, stdout=said, **options)
    return said.getvalue()


@pytest.fixture
def media(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


def _use_shop() -> str:
    """A used shop, with something on its way everywhere; returns a refresh token that works."""
    _build()
    OrderFactory.create(user=None, email="guest@example.com", status=Order.Status.DELIVERED)
    customer = UserFactory.create(email="customer@example.com", email_verified_at=timezone.now())
    with transaction.atomic():
        Mail.objects.create(
            kind="due", resource="test:1", recipient="customer@example.com", subject="Due", text_body="Due"
        )
        pair = sessions.begin_session(user=customer)
    OneTimeToken.objects.create(purpose="reset_password", user=customer, email=customer.email)
    return pair.refresh


def test_a_restored_shop_is_the_same_and_repeats_nothing(tmp_path: Path, media: Path, tasks_at_once: None) -> None:
    refresh = _use_shop()
    default_storage.save("products/boot.png", ContentFile(b"a picture"))
    said = run("backup", to=str(tmp_path / "kept"), media=True)
    of_the_bare_order = breaches()
    dumped = fingerprint(server.shops_database(), without=["common_backup"])

    assert "1 pictures included" in said
    with passing("copy") as copy:
        _erase_after_the_dump(tmp_path / "kept")
        (media / "products/boot.png").unlink()
        out = run("restore", "newest", place=str(tmp_path / "kept"), into=url_of(copy), media=True)
        with restoring.using(copy):
            _proves_itself(refresh)
            assert breaches() == of_the_bare_order
            _has_forgotten()
        restored_over = _restored_over_live(tmp_path / "kept", copy)

    assert "2 erasures of after the dump are applied again" in out
    assert (media / "products/boot.png").read_bytes() == b"a picture"
    assert restored_over
    assert fingerprint(server.shops_database(), without=["common_backup"]) != dumped  # by the erasures alone


def breaches() -> set[str]:
    return {breach for result in run_checks() for breach in result.breaches}


def _erase_after_the_dump(kept: Path) -> None:
    data_requests.erase_person(email="customer@example.com")
    data_requests.erase_person(email="guest@example.com")
    erasure_list.save(open_place(str(kept)))
    assert "customer" not in (kept / erasure_list.FILE).read_text()


def _proves_itself(refresh: str) -> None:
    """The restored shop sends no old mail, asks after every payment, and nobody is signed in."""
    assert not RefreshToken.objects.filter(revoked_at=None).exists()
    assert not OneTimeToken.objects.filter(used_at=None).exists()
    assert not Session.objects.exists()
    assert sessions.find_owner(refresh=refresh) is None
    assert OutboxEvent.objects.filter(relayed_at=None, restored_at__isnull=False).count() > 3
    assert send_due_mails() == 0
    while outbox.relay():
        pass
    queued = Mail.objects.filter(sent_at=None, given_up_at=None)
    assert [each.kind for each in queued] == ["order_refunded"]  # of a refund that is made only now
    assert Mail.objects.filter(last_error=HELD).count() > 3
    assert outgoing.outbox == []
    in_flight = Payment.objects.in_flight()
    assert in_flight.count() == 1
    assert all(payment.updated_at < timezone.now() - timedelta(hours=23) for payment in in_flight)
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('payments_payment', 'id'))")
        assert cursor.fetchone()[0] > 1_000_000


def _has_forgotten() -> None:
    assert not User.objects.filter(email="customer@example.com").exists()
    assert not Order.objects.filter(email="guest@example.com").exists()
    assert not Mail.objects.filter(recipient__in=["customer@example.com", "guest@example.com"]).exists()
    assert Erasure.objects.filter(kind="account").count() == 3  # one of before the dump, one since, noted once more


def _restored_over_live(kept: Path, copy: Database) -> bool:
    """A shop is replaced only when told; its keys go on, it is kept, and its own erasures are enough."""
    before = fingerprint(copy)
    with pytest.raises(CommandError, match="holds a shop: --over-live"):
        run("restore", "newest", place=str(kept), into=url_of(copy))
    assert fingerprint(copy) == before
    (kept / erasure_list.FILE).unlink()
    with server.connected(copy) as opened:
        reached = server.ask(opened, "SELECT setval(pg_get_serial_sequence('orders_order', 'id'), 5000000)")[0][0]
    with server.connected(copy):  # somebody is still connected
        out = run("restore", "newest", place=str(kept), into=url_of(copy), over_live=True)
    with server.connected(copy) as opened:
        ahead = server.ask(opened, "SELECT nextval(pg_get_serial_sequence('orders_order', 'id'))")[0][0]
        left = server.ask(opened, "SELECT 1 FROM authentication_user WHERE email = 'customer@example.com'")
    assert ahead == reached + 1
    assert left == []
    assert any(f"{copy.name}_before_" in name for name in databases())
    return "what was there before is the database" in out


def test_a_backup_that_cannot_be_taken_leaves_nothing(settings: Settings, tmp_path: Path) -> None:
    kept, programs = tmp_path / "kept", tmp_path / "bin"
    real = shop_settings.POSTGRES_PROGRAMS

    settings.POSTGRES_PROGRAMS = str(programs)
    with pytest.raises(CommandError, match="pg_dump is not in"):
        run("backup", to=str(kept))

    programs.mkdir()
    (programs / "pg_dump").write_text("#!/bin/sh\necho half of it\necho 'pg_dump: error: no more' >&2\nexit 1\n")
    (programs / "pg_dump").chmod(0o755)
    with pytest.raises(CommandError, match="pg_dump failed: pg_dump: error: no more"):
        run("backup", to=str(kept))

    settings.POSTGRES_PROGRAMS = real
    with server.connected(server.shops_database()) as other:
        server.ask(other, "SELECT pg_advisory_lock(%s)", [LOCK])
        with pytest.raises(CommandError, match="Another backup of this database is being taken"):
            run("backup", to=str(kept))
    with pytest.raises(CommandError, match="There is no place for backups"):
        run("backup")

    assert [path for path in kept.rglob("*") if path.is_file()] == []
    assert Backup.objects.count() == 0
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
