"""How long backups are kept: the last of so many days, weeks and months, and always the newest that was verified."""

import contextlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from django.conf import settings

from common.backups.errors import BackupError
from common.backups.manifest import MANIFEST, SUFFIXES, VERDICT, read_manifest
from common.backups.places import Place

RECENT = timedelta(days=1)


def backups_in(place: Place) -> dict[str, datetime]:
    """The whole backups of this shop by name, with when they show the shop, the oldest first."""
    found = {}
    for file in place.names():
        if file.endswith(MANIFEST):
            with contextlib.suppress(BackupError, FileNotFoundError):  # another shop's; not ours to count or drop
                manifest = read_manifest(place.read(file))
                found[manifest.name] = manifest.taken_at
    return dict(sorted(found.items(), key=lambda each: each[1]))


def newest_verified(place: Place, backups: dict[str, datetime]) -> str | None:
    """The newest backup whose verification went well."""
    files = set(place.names())
    for name in reversed(backups):
        if name + VERDICT in files and json.loads(place.read(name + VERDICT)).get("verified"):
            return str(name)
    return None


def drop_old(place: Place) -> list[str]:
    """Delete the backups beyond what is kept; returns their names."""
    backups = backups_in(place)
    kept = names_to_keep(backups, **settings.BACKUP_KEPT) | {newest_verified(place, backups)}
    dropped = [name for name in backups if name not in kept]
    for name in dropped:
        # The manifest first: what is left of a deletion that was cut short is no backup.
        for suffix in sorted(SUFFIXES, key=lambda each: each != MANIFEST):
            place.delete(name + suffix)
    return dropped


def names_to_keep(backups: Mapping[str, datetime], *, daily: int, weekly: int, monthly: int) -> set[str]:
    """The last of each of the newest `daily` days, `weekly` weeks and `monthly` months that have any, by UTC.

    The backups come the oldest first. What was taken within a day before the newest is kept too: who takes one by hand
    expects it to stay.
    """
    newest_at = max(backups.values(), default=None)
    kept = {name for name, moment in backups.items() if newest_at and moment > newest_at - RECENT}
    for pattern, count in (("%Y-%m-%d", daily), ("%G-%V", weekly), ("%Y-%m", monthly)):
        newest = {moment.astimezone(UTC).strftime(pattern): name for name, moment in backups.items()}
        kept.update(list(newest.values())[len(newest) - min(count, len(newest)) :])
    return kept
