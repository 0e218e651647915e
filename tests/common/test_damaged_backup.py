"""Backups that are not what they should be: each is refused by a line that says why, before anything is touched."""

import dataclasses
import hashlib
import json
import shutil
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from common.backups import server
from common.backups.manifest import Manifest, read_manifest
from common.backups.taking import take_backup
from common.models import Backup
from tests.common.backing_up import databases, fingerprint

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.bare_rows]


@pytest.fixture(scope="module")
def taken(django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one backup, taken once for all that spoil a copy of it."""
    folder = tmp_path_factory.mktemp("taken")
    with django_db_blocker.unblock():
        take_backup(target=str(folder), with_media=False)
        Backup.objects.all().delete()
    return folder


@pytest.fixture
def kept(taken: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(taken, tmp_path / "kept"))


def dump_in(kept: Path) -> Path:
    return next(kept.glob("*.dump"))


def manifest_in(kept: Path) -> Path:
    return next(kept.glob("*.json"))


def flip_a_bit(kept: Path) -> None:
    with dump_in(kept).open("r+b") as file:
        file.seek(200_000)
        byte = file.read(1)[0]
        file.seek(200_000)
        file.write(bytes([byte ^ 4]))


def truncate(kept: Path) -> None:
    with dump_in(kept).open("r+b") as file:
        file.truncate(100_000)


def lose_the_dump(kept: Path) -> None:
    dump_in(kept).unlink()


def lose_the_manifest(kept: Path) -> None:
    manifest_in(kept).unlink()


def garble_the_manifest(kept: Path) -> None:
    manifest_in(kept).write_text(manifest_in(kept).read_text()[:-20])


def change_the_manifest(kept: Path) -> None:
    facts = json.loads(manifest_in(kept).read_text())
    facts["rows"]["orders_order"] = 17
    manifest_in(kept).write_text(json.dumps(facts))


def sign_with_another_key(kept: Path) -> None:
    with override_settings(SECRET_KEY="that-of-another-shop"):
        rewrite(kept, shop="Another shop")


def come_from_the_future(kept: Path) -> None:
    known = read_manifest(manifest_in(kept).read_bytes()).migrations
    rewrite(kept, migrations={**known, "orders": [*known["orders"], "0999_hover"]})


def come_from_a_newer_server(kept: Path) -> None:
    rewrite(kept, server_version=990_001)


def hold_something_else(kept: Path) -> None:
    other = server.run("pg_dump", "--format=plain", "--table=common_mail", database=server.shops_database()).encode()
    dump_in(kept).write_bytes(other)
    rewrite_dump(kept)


def hold_another_application(kept: Path) -> None:
    arguments = ("--format=custom", "--table=common_mail", f"--file={dump_in(kept)}")
    server.run("pg_dump", *arguments, database=server.shops_database())
    rewrite_dump(kept)


def rewrite(kept: Path, **changes: object) -> None:
    """A manifest that says something else, and is signed all the same."""
    path = manifest_in(kept)
    manifest: Manifest = read_manifest(path.read_bytes(), foreign=True)
    path.write_bytes(dataclasses.replace(manifest, **changes).to_json())  # type: ignore[arg-type]  # by their names


def rewrite_dump(kept: Path) -> None:
    """A manifest whose checksum is right for what is there."""
    content = dump_in(kept).read_bytes()
    part = read_manifest(manifest_in(kept).read_bytes()).dump
    rewrite(kept, dump=dataclasses.replace(part, bytes=len(content), sha256=sha256(content)))


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


SPOILED: dict[Callable[[Path], None], str] = {
    flip_a_bit: "is damaged: its checksum is not that of the manifest",
    truncate: "is damaged: it has 100000 bytes and should have",
    lose_the_dump: "is missing in",
    lose_the_manifest: "There is no manifest",
    garble_the_manifest: "The manifest is damaged",
    change_the_manifest: "was not signed with this shop's SECRET_KEY, or its manifest was changed",
    sign_with_another_key: "The backup of 'Another shop' was not signed",
    come_from_the_future: "is of a newer version of the shop: this one does not know orders.0999_hover",
    come_from_a_newer_server: "is of PostgreSQL 99, the server is",
    hold_something_else: "pg_restore failed",
    hold_another_application: "none of a shop: it has no table django_migrations",
}


@pytest.mark.parametrize("spoil", SPOILED)
def test_is_refused_before_anything_is_touched(kept: Path, spoil: Callable[[Path], None]) -> None:
    dump = dump_in(kept)
    spoil(kept)
    before, there = fingerprint(server.shops_database()), databases()

    with pytest.raises(CommandError, match=SPOILED[spoil]) as refused:
        call_command("restore", str(dump), over_live=True)

    assert refused.value.returncode == 1
    assert "\n" not in str(refused.value)
    assert fingerprint(server.shops_database()) == before
    assert databases() == there


def test_a_live_database_is_refused(kept: Path) -> None:
    before = fingerprint(server.shops_database())

    with pytest.raises(CommandError, match="holds a shop: --over-live replaces it"):
        call_command("restore", "newest", place=str(kept))

    assert fingerprint(server.shops_database()) == before


def test_verification_notes_what_it_finds(kept: Path) -> None:
    """Green; red for a dump with other rows than its manifest says; green again; and red for a flipped bit."""
    there, right = databases(), manifest_in(kept).read_bytes()
    said = StringIO()

    call_command("verify_backup", place=str(kept), stdout=said)

    assert "and its books are right" in said.getvalue()
    assert verdict(kept)["verified"] is True
    known = Backup.objects.get()
    assert (known.problem, known.verified_at is not None, known.verified_at) == ("", True, known.checked_at)

    rows = read_manifest(right).rows
    rewrite(kept, rows={**rows, "orders_order": 17})
    with pytest.raises(CommandError, match=r"not those of the manifest: orders_order \(17 in the manifest, 0 restored"):
        call_command("verify_backup", place=str(kept))
    assert verdict(kept)["verified"] is False
    assert "orders_order" in Backup.objects.get().problem

    manifest_in(kept).write_bytes(right)
    flip_a_bit(kept)
    with pytest.raises(CommandError, match="is damaged: its checksum"):
        call_command("verify_backup", place=str(kept))
    assert "checksum" in Backup.objects.get().problem
    assert databases() == there


def verdict(kept: Path) -> dict[str, object]:
    read: dict[str, object] = json.loads(next(kept.glob("*.verdict")).read_text())
    return read
