"""Proving that a backup can be restored: by restoring it, counting its rows and checking its books."""

import json
from datetime import datetime

from django.utils import timezone

from common.backups import opening, restoring, server
from common.backups.errors import BackupError
from common.backups.manifest import VERDICT, Manifest
from common.backups.opening import Named
from common.backups.places import Place
from common.models import Backup

MOST_BREACHES = 20


def verify_backup(*, named: str, target: str) -> Manifest:
    """Restore a backup into a scratch database, prove it there, and note the result here and beside the backup.

    The scratch database is dropped in any case. Raises BackupError for a backup that is not what it should be; that is
    noted too.
    """
    found = opening.find(named, target=target)
    try:
        manifest = _prove(found)
    except BackupError as error:
        _note(found, problem=str(error))
        raise
    _note(found, problem="", manifest=manifest)
    return manifest


def _prove(found: Named) -> Manifest:
    database = server.shops_database()
    with opening.opened(found) as backup:
        opening.require_able_server(backup.manifest, database)
        with server.scratch_beside(database) as scratch:
            restoring.load(backup, scratch)
            with restoring.using(scratch):
                breaches = restoring.migrate_and_check(backup.manifest)
    if breaches:
        raise BackupError(f"The books of the backup are wrong: {'; '.join(breaches[:MOST_BREACHES])}.")
    return backup.manifest


def _note(found: Named, *, problem: str, manifest: Manifest | None = None) -> None:
    now = timezone.now()
    facts = {"checked_at": now, "problem": problem, **({} if problem else {"verified_at": now})}
    known = Backup.objects.filter(place=found.place.address, name=found.name)
    if manifest and not known.exists():
        known.create(
            place=found.place.address,
            name=found.name,
            taken_at=manifest.taken_at,
            bytes=manifest.dump.bytes,
            sha256=manifest.dump.sha256,
            **facts,
        )
    known.update(**facts)
    _write_verdict(found.place, found.name, now, problem)


def _write_verdict(place: Place, name: str, now: datetime, problem: str) -> None:
    verdict = {"verified": not problem, "checked_at": now.isoformat(), "problem": problem}
    place.put(name + VERDICT, [json.dumps(verdict).encode()])
