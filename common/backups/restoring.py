"""Restoring: into a database beside the one that is to be replaced, which takes its name only when all is done."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg2
import redis
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connection, connections
from psycopg2 import sql

from common import integrity
from common.backups import erasure_list, media, opening, server, settling
from common.backups.errors import BackupError
from common.backups.manifest import Manifest
from common.backups.opening import FoundBackup
from common.backups.places import open_place
from common.backups.server import Database
from common.backups.taking import count_rows
from common.models import Erasure
from common.postgresql.pool import pools

JOBS = 2
SWAP_ATTEMPTS = 30
Say = Callable[[str], None]


@dataclass(frozen=True)
class Wish:
    """What is to be restored, and where to; `into` None is the shop's own database."""

    named: str
    target: str
    into: Database | None = None
    over_live: bool = False
    foreign: bool = False
    with_media: bool = False
    erasures: Path | None = None


def restore(wish: Wish, *, say: Say) -> None:
    """Do it, telling each step; raises BackupError, and then the database is as it was."""
    database = wish.into or server.shops_database()
    with opening.opened(opening.find(wish.named, target=wish.target), foreign=wish.foreign) as backup:
        opening.require_able_server(backup.manifest, database)
        replaced = _require_leave(database, over_live=wish.over_live)
        if wish.with_media:
            _require_pictures(backup)
        say(f"restoring {backup.manifest.name}, the shop of {backup.manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC")
        known = _known_erasures(backup, wish.erasures, database if replaced else None)
        sequences = settling.sequences_of(database) if replaced else None
        with server.scratch_beside(database) as scratch:
            load(backup, scratch)
            _settle(backup.manifest, scratch, settling.Restored(backup.manifest.taken_at, known, sequences), say)
            kept = _swap(scratch, database, keep=replaced)
        if wish.into is None:
            _forget_cached(say)
        if wish.with_media:
            say(f"stored {_unpack_pictures(backup)} pictures that were missing")
    say(f"{database.name} is restored")
    if kept:
        say(f"what was there before is the database {kept}; drop it when it is needed no more")


def settle_recovered(moment: datetime, *, target: str, given: Path | None, say: Say) -> None:
    """Do to the shop's own database, recovered to a moment by other means, what a restore does at its end.

    Raises BackupError where no list of erasures can be read.
    """
    known = erasure_list.together(erasure_list.load(open_place(target)) if target else [], _given_erasures(given))
    for line in settling.settle(settling.Restored(moment, known, None)):
        say(line)
    _forget_cached(say)


def load(backup: FoundBackup, scratch: Database) -> None:
    """Restore the dump into an empty database and count its rows; raises BackupError where they are not as dumped."""
    server.run(
        "pg_restore",
        "--exit-on-error",
        "--no-owner",
        "--no-privileges",
        f"--jobs={JOBS}",
        f"--dbname={scratch.name}",
        str(backup.dump),
        database=scratch,
    )
    with server.connected(scratch) as opened:
        found = count_rows(opened)
        server.ask(opened, "ANALYZE")
    differing = [
        f"{table} ({backup.manifest.rows.get(table, 'none')} in the manifest, {found.get(table, 'none')} restored)"
        for table in sorted({*found, *backup.manifest.rows})
        if found.get(table) != backup.manifest.rows.get(table)
    ]
    if differing:
        raise BackupError(f"The numbers of rows are not those of the manifest: {', '.join(differing[:5])}.")


@contextmanager
def using(database: Database) -> Iterator[None]:
    """Have what this thread asks of its database asked of another one; only in commands and workers.

    Services and checks then work on it as on the shop's own, while other threads go on with that.
    """
    if pools.of(DEFAULT_DB_ALIAS) is not None:
        raise RuntimeError("connections that threads share cannot be led elsewhere")
    own = connections[DEFAULT_DB_ALIAS]
    told = {"HOST": database.host, "PORT": database.port, "USER": database.user, "PASSWORD": database.password}
    other: Any = type(own)({**own.settings_dict, **told, "NAME": database.name}, DEFAULT_DB_ALIAS)
    connections[DEFAULT_DB_ALIAS] = other
    ContentType.objects.clear_cache()
    try:
        yield
    finally:
        other.close()
        connections[DEFAULT_DB_ALIAS] = own
        ContentType.objects.clear_cache()


def breaches_then(moment: datetime) -> list[str]:
    """The breaches in the database at hand at another moment: what waits in a dump has not waited since.

    The checks ask the server's now(), so one of the moment is put before it, and taken away again.
    """
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA backup_clock")
        cursor.execute(
            "CREATE FUNCTION backup_clock.now() RETURNS timestamptz LANGUAGE sql STABLE"
            f" AS $$ SELECT '{moment.isoformat()}'::timestamptz $$"
        )
        cursor.execute("SET search_path = backup_clock, pg_catalog, public")
    try:
        return [breach for result in integrity.run_checks() for breach in result.breaches]
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET search_path")
            cursor.execute("DROP SCHEMA backup_clock CASCADE")


def migrate_and_check(manifest: Manifest) -> list[str]:
    """Bring the database at hand up to this version's schema and return its breaches at the time of the dump."""
    call_command("migrate", verbosity=0, interactive=False)
    return breaches_then(manifest.taken_at)


def _settle(manifest: Manifest, scratch: Database, restored: settling.Restored, say: Say) -> None:
    with using(scratch):
        breaches = migrate_and_check(manifest)
        for breach in breaches:
            say(f"breach of the books, as dumped: {breach}")
        for line in settling.settle(restored):
            say(line)


def _known_erasures(backup: FoundBackup, given: Path | None, database: Database | None) -> list[Erasure]:
    """From the list beside the backups, the one that was given, and the database that is replaced."""
    lists = [erasure_list.load(backup.place), _given_erasures(given)]
    return erasure_list.together(*lists, erasure_list.of_database(database) if database else [])


def _given_erasures(path: Path | None) -> list[Erasure]:
    try:
        return erasure_list.parse(path.read_bytes()) if path else []
    except OSError as error:
        raise BackupError(f"{path} cannot be read: {error.strerror}.") from error


def _require_leave(database: Database, *, over_live: bool) -> bool:
    """Whether there is a shop's database to be replaced; raises BackupError unless that was allowed."""
    if not server.exists(database):
        return False
    with server.connected(database) as opened:
        has_tables = bool(server.ask(opened, "SELECT to_regclass('public.django_migrations')")[0][0])
    if has_tables and not over_live:
        raise BackupError(f"{database.name} holds a shop: --over-live replaces it (and keeps it under another name).")
    return has_tables


def _forget_cached(say: Say) -> None:
    """What is cached, and the tasks in the queue, tell of what is gone."""
    try:
        cache.clear()
    except redis.RedisError:
        say("Redis does not answer: empty it (FLUSHDB) before the shop starts, what it keeps tells of what is gone")


def _require_pictures(backup: FoundBackup) -> None:
    if not backup.manifest.media_included:
        raise BackupError("The backup lists the pictures and does not hold them: restore it without --media.")


def _unpack_pictures(backup: FoundBackup) -> int:
    with tempfile.TemporaryDirectory(prefix="backup-") as folder:
        return media.unpack(opening.fetched(backup.place, backup.manifest.media, Path(folder)))


def _swap(scratch: Database, database: Database, *, keep: bool) -> str | None:
    """Give the restored database its name, in one transaction; returns the name of the one before, where it is kept."""
    before = None
    if server.exists(database):
        before = f"{database.name[:35]}_before_{datetime.now(UTC):%Y%m%d%H%M%S}"
    with server.connected(server.maintenance(database)) as opened:
        for attempt in range(SWAP_ATTEMPTS):
            try:
                _rename(opened, scratch, database, before)
                break
            except psycopg2.errors.ObjectInUse as error:
                server.ask(opened, "ROLLBACK")
                if attempt == SWAP_ATTEMPTS - 1:
                    raise BackupError(f"{database.name} is in use: stop the web servers and workers.") from error
    if before and not keep:
        server.drop(database.named(before))
        return None
    return before


def _rename(opened: Any, scratch: Database, database: Database, before: str | None) -> None:
    ends = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ANY(%s) AND pid <> pg_backend_pid()"
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    server.ask(opened, ends, [[scratch.name, database.name]])
    server.ask(opened, "BEGIN")
    if before:
        server.ask(opened, rename.format(sql.Identifier(database.name), sql.Identifier(before)))
    server.ask(opened, rename.format(sql.Identifier(scratch.name), sql.Identifier(database.name)))
    server.ask(opened, "COMMIT")
