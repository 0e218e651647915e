"""The list of erasures beside the backups: it has to survive what a dump of before knows nothing of."""

import json
import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from common.backups import server
from common.backups.errors import BackupError
from common.backups.places import Place
from common.backups.server import Database
from common.models import Erasure

FILE = "erasures.jsonl"
COLUMNS = ("id", "kind", "subject", "account", "at")
_LOCK = "SELECT pg_advisory_lock(hashtextextended('common.backups:erasure_list', 0))"


def save(place: Place) -> int:
    """Add the database's erasures to the list; returns how many the list did not have.

    Two at once would read the same list and write over each other: the second waits, on a connection of its own, so
    that no transaction of the shop is open while a place far away answers.
    """
    with server.connected(server.shops_database()) as alone:
        server.ask(alone, _LOCK)
        known = {erasure.id: erasure for erasure in load(place)}
        new = [erasure for erasure in Erasure.objects.order_by("at", "id") if erasure.id not in known]
        if new:
            place.put(FILE, [_line(erasure) for erasure in (*known.values(), *new)])
    return len(new)


def load(place: Place) -> list[Erasure]:
    """The list; empty where nobody was erased yet. Raises BackupError for one that is damaged."""
    try:
        content = place.read(FILE)
    except FileNotFoundError:
        return []
    return parse(content)


def parse(content: bytes) -> list[Erasure]:
    """The erasures in a list's content; raises BackupError for one that is damaged."""
    try:
        return [_erasure(json.loads(line)) for line in content.splitlines()]
    except (ValueError, KeyError, TypeError) as error:
        raise BackupError(f"{FILE} is damaged: mend its last lines, since a restore would forget erasures.") from error


def of_database(database: Database) -> list[Erasure]:
    """The erasures that a database remembers; none where it has no such table."""
    with server.connected(database) as opened:
        if server.ask(opened, "SELECT to_regclass('public.common_erasure')")[0][0] is None:
            return []
        rows = server.ask(opened, f"SELECT {', '.join(COLUMNS)} FROM common_erasure ORDER BY at, id")  # noqa: S608
    return [_erasure(dict(zip(COLUMNS, map(str, row), strict=True))) for row in rows]


def together(*lists: Iterable[Erasure]) -> list[Erasure]:
    """The erasures of all lists, each once."""
    return list({erasure.id: erasure for each in lists for erasure in each}.values())


def _line(erasure: Erasure) -> bytes:
    return json.dumps({name: str(getattr(erasure, name)) for name in COLUMNS}).encode() + b"\n"


def _erasure(facts: dict[str, Any]) -> Erasure:
    account = None if facts["account"] == "None" else int(facts["account"])
    return Erasure(
        id=uuid.UUID(facts["id"]),
        kind=Erasure.Kind(facts["kind"]),
        subject=facts["subject"],
        account=account,
        at=datetime.fromisoformat(facts["at"]),
    )
