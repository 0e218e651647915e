"""What backups are made of, each for itself: retention, places, erasures that name nobody, held mails, readiness."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import override_settings
from django.utils import timezone
from moto.server import ThreadedMotoServer
from pytest_django import Settings
from rest_framework.test import APIClient

from authentication.models import User
from authentication.restoring import erase_accounts
from authentication.services import privacy
from common import erasures, outbox
from common.backups import erasure_list, retention, settling
from common.backups.errors import BackupError
from common.backups.manifest import DUMP, MANIFEST, VERDICT, Manifest, Part
from common.backups.places import Place, open_place
from common.mail import HELD
from common.models import Backup, Erasure, Mail, OutboxDelivery, OutboxEvent
from config.celery import BACKUPS
from orders.restoring import put_off_expiry
from payments.restoring import have_all_reconciled
from tests.factories.authentication import UserFactory
from tests.factories.orders import OrderFactory

NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)
RESTORED = settling.Restored(taken_at=NOON, erasures=[], sequences=None)


def test_the_last_of_each_day_week_and_month_is_kept() -> None:
    twice_a_day = {
        f"{days}-{hours}": NOON - timedelta(days=days, hours=hours) for days in range(99, -1, -1) for hours in (6, 0)
    }

    kept = retention.names_to_keep(twice_a_day, daily=3, weekly=2, monthly=3)

    # Tuesday, Monday, and Sunday, which is its week's last; then the last days of February and January.
    assert kept == {"0-6", "0-0", "1-0", "2-0", "31-0", "59-0"}
    assert retention.names_to_keep(twice_a_day, daily=1, weekly=0, monthly=0) == {"0-6", "0-0"}
    assert retention.names_to_keep({}, daily=3, weekly=2, monthly=1) == set()


def put_backup(place: Place, moment: datetime, *, verified: bool) -> str:
    name = f"shop-{moment:%Y%m%d}"
    part = Part(name + DUMP, 1, "0" * 64)
    manifest = Manifest(
        name=name,
        shop="Shop",
        started_at=moment,
        taken_at=moment,
        finished_at=moment,
        server_version=180_000,
        migrations={},
        rows={},
        dump=part,
        media=part,
        media_files=0,
        media_included=False,
    )
    place.put(name + DUMP, [b"x"])
    place.put(name + MANIFEST, [manifest.to_json()])
    place.put(name + VERDICT, [b'{"verified": true}' if verified else b'{"verified": false}'])
    return name


def test_old_backups_go_but_never_the_newest_that_was_verified(settings: Settings, tmp_path: Path) -> None:
    settings.BACKUP_KEPT = {"daily": 2, "weekly": 0, "monthly": 0}
    place = open_place(str(tmp_path))
    old, verified, *newer = [
        put_backup(place, NOON - timedelta(days=days), verified=days in {9, 5}) for days in (9, 5, 3, 2, 1)
    ]
    with override_settings(SECRET_KEY="another-shop-in-the-same-folder"):
        foreign = put_backup(place, NOON - timedelta(days=400), verified=False)
    (tmp_path / "letter.txt").touch()

    assert retention.drop_old(place) == [old, newer[0]]

    left = {path.name.partition(".")[0] for path in tmp_path.iterdir()}
    assert left == {verified, *newer[1:], foreign, "letter"}


@pytest.fixture(scope="module")
def s3_server() -> Iterator[str]:
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    yield f"http://127.0.0.1:{running.get_host_and_port()[1]}"
    running.stop()


@pytest.fixture
def bucket(s3_server: str, settings: Settings) -> Any:
    settings.BACKUP_S3 = {
        "endpoint_url": s3_server,
        "region_name": "us-east-1",
        "access_key": "key",
        "secret_key": "secret",
    }
    client = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
    made = boto3.resource("s3", endpoint_url=s3_server, **client).Bucket("kept")
    made.create()
    yield made
    made.objects.all().delete()
    made.delete()


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "folder":
        return open_place(str(tmp_path / "kept"))
    request.getfixturevalue("bucket")
    return open_place("s3://kept/below/here")


def test_a_file_is_stored_whole_or_not_at_all(place: Place, tmp_path: Path) -> None:
    def breaks() -> Iterator[bytes]:
        yield b"x" * 40_000_000  # more than one part of an upload
        raise BackupError("pg_dump failed")

    place.put("good.dump", [b"one ", b"", b"two"])
    with pytest.raises(BackupError, match="pg_dump failed"):
        place.put("bad.dump", breaks())
    with pytest.raises(FileNotFoundError):
        place.read("bad.dump")

    assert place.names() == ["good.dump"]
    assert place.read("good.dump") == b"one two"
    assert place.local("good.dump", tmp_path).read_bytes() == b"one two"
    place.delete("good.dump")
    place.delete("good.dump")
    assert place.names() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.bare_rows
def test_a_backup_on_s3_is_verified_there(bucket: Any) -> None:
    call_command("backup", to="s3://kept/shop")
    call_command("verify_backup", place="s3://kept/shop")

    ends = sorted(each.key.rpartition("Z.")[2] for each in bucket.objects.all())
    assert ends == ["dump", "json", "media.jsonl", "verdict"]
    assert Backup.objects.get().verified_at is not None


def test_places_that_do_not_work_say_so(settings: Settings, tmp_path: Path, bucket: Any) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(BackupError, match="cannot be used: Not a directory"):
        open_place(str(tmp_path / "file" / "below")).put("a", [b"x"])
    with pytest.raises(BackupError, match="is neither a folder nor s3://"):
        open_place("ftp://host/x")
    with pytest.raises(BackupError, match="refuses: NoSuchBucket"):
        open_place("s3://not-there/x").names()
    settings.BACKUP_S3 = {**settings.BACKUP_S3, "endpoint_url": "http://127.0.0.1:1"}
    with pytest.raises(BackupError, match="does not answer: EndpointConnectionError"):
        open_place("s3://kept/x").names()


def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    full = Path("/dev/full")
    place = open_place(str(tmp_path))
    (tmp_path / ".a.dump.partial").symlink_to(full)

    with pytest.raises(BackupError, match=r"There is no room in .*: No space left on device"):
        place.put("a.dump", [b"x" * 100_000])

    assert list(tmp_path.iterdir()) == []


@pytest.mark.django_db
def test_an_erasure_is_remembered_without_naming_anybody(tmp_path: Path) -> None:
    place = open_place(str(tmp_path))
    proven = UserFactory.create(email="ada@example.com", email_verified_at=timezone.now())
    unproven = UserFactory.create(email="bob@example.com", email_verified_at=None)
    privacy.erase_account(user_id=proven.pk)
    privacy.erase_account(user_id=unproven.pk)
    call_command("forget_address", "guest@example.com")

    assert erasure_list.save(place) == 4
    assert erasure_list.save(place) == 0
    assert sorted(each.kind for each in erasure_list.load(place)) == ["account", "account", "address", "guest"]
    content = (tmp_path / erasure_list.FILE).read_text()
    assert not any(word in content for word in ("@", "example", "bob"))
    with override_settings(
        SECRET_KEY="new", SECRET_KEY_FALLBACKS=["test-secret-key-that-guards-nothing-outside-the-suite"]
    ):
        found = list(erasures.find_addresses(Erasure.objects.all(), ["other@example.com", "Guest@example.com"]))
    assert [(each.kind, address) for each, address in found] == [("address", "Guest@example.com")]
    (tmp_path / erasure_list.FILE).write_text(content[:-30])
    with pytest.raises(BackupError, match=r"erasures\.jsonl is damaged"):
        erasure_list.load(place)


@pytest.mark.django_db
def test_an_account_that_got_the_key_of_an_erased_one_is_left_alone() -> None:
    gone, stays = UserFactory.create(), UserFactory.create()
    with transaction.atomic():
        erasures.note_account(account_id=gone.pk, joined_at=gone.date_joined)
        erasures.note_account(account_id=stays.pk, joined_at=stays.date_joined - timedelta(seconds=1))

    assert erase_accounts(list(Erasure.objects.all())) == 1

    assert [User.objects.get(pk=user.pk).erased_at is None for user in (gone, stays)] == [False, True]


@pytest.mark.django_db
def test_an_erasure_that_the_dump_knew_is_not_applied_again() -> None:
    """Who was erased, came back, and was there when the dump was taken stays."""
    with transaction.atomic():
        erasures.note_address(email="back@example.com", with_orders=True)
    OrderFactory.create(user=None, email="back@example.com", status="delivered")

    assert settling.erase_again(list(Erasure.objects.all())).startswith("0 erasures")


@pytest.mark.django_db
def test_a_restored_event_does_its_work_without_a_mail() -> None:
    for restored_at in (timezone.now(), None):
        user = UserFactory.create()
        event = OutboxEvent.objects.create(
            name="user.password_changed",
            resource=f"user:{user.pk}",
            payload={"user_id": user.pk},
            restored_at=restored_at,
        )
        delivery = OutboxDelivery.objects.create(event=event, subscriber="authentication.mail_password_changed")
        assert outbox.deliver(delivery_id=delivery.pk)

    held, sent = Mail.objects.order_by("id")
    assert (held.last_error, held.given_up_at is not None) == (HELD, True)
    assert (sent.last_error, sent.given_up_at) == ("", None)


@pytest.mark.django_db
def test_unpaid_orders_wait_until_their_payments_were_asked_after() -> None:
    late = OrderFactory.create(expires_at=timezone.now() - timedelta(days=1))

    assert put_off_expiry(RESTORED) == "1 unpaid orders wait an hour longer"
    assert have_all_reconciled(RESTORED).startswith("0 payments and refunds under way")

    late.refresh_from_db()
    assert late.expires_at is not None
    assert late.expires_at > timezone.now() + timedelta(minutes=59)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("target", "verified_hours_ago", "problem", "status"),
    [
        ("", None, "", "ok"),
        ("/backups", None, "", "degraded"),
        ("/backups", 29, "", "ok"),
        ("/backups", 31, "", "degraded"),
        ("/backups", 1, "damaged", "degraded"),
    ],
)
def test_readyz_tells_how_old_the_last_verified_backup_is(
    guest: APIClient, settings: Settings, target: str, verified_hours_ago: int | None, problem: str, status: str
) -> None:
    settings.BACKUP_TARGET = target
    if verified_hours_ago is not None:
        taken_at = timezone.now() - timedelta(hours=verified_hours_ago)
        Backup.objects.create(
            name="a",
            place="/backups",
            taken_at=taken_at,
            bytes=1,
            sha256="0",
            verified_at=timezone.now(),
            problem=problem,
        )

    response = guest.get("/readyz")

    assert response.status_code == 200
    assert response.json()["checks"]["backup"]["status"] == status
    age = response.json()["checks"]["backup"]["last_verified_age_seconds"]
    assert (age is None) == (verified_hours_ago is None or bool(problem))


def test_scheduled_work_exists() -> None:
    from_tasks = {entry["task"].rpartition(".")[2] for entry in BACKUPS.values()}

    assert from_tasks == {"back_up", "verify_newest_backup", "save_erasures"}
