"""Taking a backup: the dump, the rows of the same snapshot, the pictures, and the manifest that makes it whole."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.text import slugify
from psycopg2 import sql

from common.backups import erasure_list, media, retention, server
from common.backups.errors import BackupError
from common.backups.manifest import DUMP, MANIFEST, PICTURE_NAMES, PICTURES, Manifest, Measured, Part
from common.backups.places import Place, file_chunks, open_place
from common.backups.server import Database
from common.models import Backup

Progress = Callable[[int], None]
LOCK = 7_420_155_001  # of the database: one backup at a time
LOCK_WAIT = "60s"  # for a migration that holds a table


@dataclass(frozen=True)
class Snapshot:
    """A moment of the database that pg_dump can share, and what was counted in it."""

    name: str
    taken_at: datetime
    server_version: int
    rows: dict[str, int]
    migrations: dict[str, list[str]]


def take_backup(*, target: str, with_media: bool, progress: Progress = lambda _: None) -> Manifest:
    """Take a backup to `target`, drop those that are beyond what is kept, and tell the database of it.

    `progress` is told of each piece's bytes. Raises BackupError; then nothing of this backup is left there.
    """
    place, database, started_at = open_place(target), server.shops_database(), timezone.now()
    server.program("pg_dump")
    name = f"{slugify(settings.SHOP_NAME) or 'shop'}-{started_at.astimezone(UTC):%Y%m%dT%H%M%S%fZ}"
    try:
        with _snapshot(database) as snapshot:
            dump = _put(place, name + DUMP, _dump(database, snapshot), progress)
        pictures, count = _put_media(place, name, with_media, progress)
        manifest = Manifest(
            name=name,
            shop=settings.SHOP_NAME,
            started_at=started_at,
            taken_at=snapshot.taken_at,
            finished_at=timezone.now(),
            server_version=snapshot.server_version,
            migrations=snapshot.migrations,
            rows=snapshot.rows,
            dump=dump,
            media=pictures,
            media_files=count,
            media_included=with_media,
        )
        erasure_list.save(place)
        place.put(name + MANIFEST, [manifest.to_json()])
    except BaseException:
        for suffix in (MANIFEST, DUMP, PICTURES, PICTURE_NAMES):
            place.delete(name + suffix)
        raise
    Backup.objects.create(
        name=name, place=place.address, taken_at=manifest.taken_at, bytes=dump.bytes, sha256=dump.sha256
    )
    retention.drop_old(place)
    return manifest


@contextmanager
def _snapshot(database: Database) -> Iterator[Snapshot]:
    """Hold a snapshot open, with what was counted in it; raises BackupError while another backup runs."""
    with server.connected(database) as opened:
        server.ask(opened, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        if not server.ask(opened, "SELECT pg_try_advisory_xact_lock(%s)", [LOCK])[0][0]:
            raise BackupError("Another backup of this database is being taken.")
        exported, taken_at, version = server.ask(
            opened, "SELECT pg_export_snapshot(), clock_timestamp(), current_setting('server_version_num')::int"
        )[0]
        yield Snapshot(exported, taken_at, version, count_rows(opened), applied_migrations(opened))


def count_rows(opened: Any) -> dict[str, int]:
    """The number of rows of each table, counted."""
    tables = server.ask(opened, "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
    return {
        table: server.ask(opened, sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))[0][0]
        for (table,) in tables
    }


def applied_migrations(opened: Any) -> dict[str, list[str]]:
    """The migrations that the database has, by application."""
    found: dict[str, list[str]] = {}
    for app, name in server.ask(opened, "SELECT app, name FROM django_migrations ORDER BY app, name"):
        found.setdefault(app, []).append(name)
    return found


def _dump(database: Database, snapshot: Snapshot) -> Iterator[bytes]:
    with tempfile.TemporaryFile() as errors:
        process = server.start(
            "pg_dump",
            "--format=custom",
            "--no-owner",
            "--no-privileges",
            f"--snapshot={snapshot.name}",
            f"--lock-wait-timeout={LOCK_WAIT}",
            database=database,
            errors=errors,
        )
        try:
            if process.stdout is not None:
                yield from file_chunks(process.stdout)
            server.require_success("pg_dump", process, errors)
        finally:
            process.kill()
            process.communicate()


def _put(place: Place, file: str, chunks: Iterator[bytes], progress: Progress) -> Part:
    measured = Measured(chunks)

    def told() -> Iterator[bytes]:
        for chunk in measured:
            progress(len(chunk))
            yield chunk

    place.put(file, told())
    return measured.part(file)


def _put_media(place: Place, name: str, included: bool, progress: Progress) -> tuple[Part, int]:
    """The pictures as a tar, or their names and sizes only; with how many there are."""
    counted = media.Counted()
    chunks = media.packed(counted) if included else media.listed(counted)
    part = _put(place, name + (PICTURES if included else PICTURE_NAMES), chunks, progress)
    return part, counted.files
