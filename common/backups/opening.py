"""Finding a backup and making sure of it before anything is touched."""

import hashlib
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.db.migrations.loader import MigrationLoader

from common.backups import retention, server
from common.backups.errors import BackupError
from common.backups.manifest import DUMP, MANIFEST, Manifest, Part, read_manifest
from common.backups.places import Place, open_place
from common.backups.server import Database

NEWEST = "newest"
TABLES = ("django_migrations", "authentication_user", "orders_order", "payments_payment")


@dataclass(frozen=True)
class FoundBackup:
    """A backup that is whole and ours: where it is, what it says of itself, and its dump on this machine."""

    place: Place
    manifest: Manifest
    dump: Path


@dataclass(frozen=True)
class Named:
    """A backup by its place and name; what it holds is not known yet."""

    place: Place
    name: str


def find(named: str, *, target: str) -> Named:
    """The backup of `target` by its name, `newest`, or one elsewhere by the path or s3 address of its dump."""
    if "/" not in named and not Path(named).exists():
        place = open_place(target)
        name = next(reversed(retention.backups_in(place)), None) if named == NEWEST else named
        if name is None:
            raise BackupError(f"There is no backup of this shop in {place.address}.")
        return Named(place, name.removesuffix(DUMP))
    folder, _, file = named.rpartition("/")
    return Named(open_place(folder or ("/" if named.startswith("/") else ".")), file.removesuffix(DUMP))


@contextmanager
def opened(found: Named, *, foreign: bool = False) -> Iterator[FoundBackup]:
    """The backup, fetched where it is elsewhere; raises BackupError unless it is whole, ours, and not too new."""
    with tempfile.TemporaryDirectory(prefix="backup-") as folder:
        try:
            manifest = read_manifest(found.place.read(found.name + MANIFEST), foreign=foreign)
        except FileNotFoundError:
            raise BackupError(
                f"There is no manifest {found.name}{MANIFEST} in {found.place.address}: without it a dump is not known"
                " to be whole, nor to be this shop's."
            ) from None
        require_known_migrations(manifest)
        dump = fetched(found.place, manifest.dump, Path(folder))
        _require_shops_tables(dump)
        yield FoundBackup(found.place, manifest, dump)


def fetched(place: Place, part: Part, folder: Path) -> Path:
    """A file of the backup on this machine; raises BackupError unless it is what the manifest says."""
    try:
        path = place.local(part.file, folder)
    except FileNotFoundError:
        raise BackupError(f"{part.file} is missing in {place.address}.") from None
    if path.stat().st_size != part.bytes:
        raise BackupError(f"{part.file} is damaged: it has {path.stat().st_size} bytes and should have {part.bytes}.")
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != part.sha256:
            raise BackupError(f"{part.file} is damaged: its checksum is not that of the manifest.")
    return path


def require_known_migrations(manifest: Manifest) -> None:
    """Raise BackupError for a backup of a newer version of the shop than this one."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    known = set(loader.disk_migrations)
    replaced = {each for migration in loader.disk_migrations.values() for each in migration.replaces}
    newer = [
        f"{app}.{name}"
        for app, names in manifest.migrations.items()
        for name in names
        if (app, name) not in known | replaced
    ]
    if newer:
        raise BackupError(
            f"The backup is of a newer version of the shop: this one does not know {', '.join(newer[:3])}."
        )


def require_able_server(manifest: Manifest, database: Database) -> None:
    """Raise BackupError where the server is of an older major version than the one that was dumped."""
    with server.connected(server.maintenance(database)) as opened_there:
        version = opened_there.server_version
    if version // 10_000 < manifest.server_version // 10_000:
        raise BackupError(
            f"The backup is of PostgreSQL {manifest.server_version // 10_000}, the server is {version // 10_000}."
        )


def _require_shops_tables(dump: Path) -> None:
    listed = server.run("pg_restore", "--list", str(dump))
    missing = [table for table in TABLES if not re.search(rf" TABLE DATA public {table} ", listed)]
    if missing:
        raise BackupError(f"The dump is none of a shop: it has no table {missing[0]}.")
