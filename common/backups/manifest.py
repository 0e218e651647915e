"""What is known of a backup without opening it: JSON beside the dump, signed with the shop's SECRET_KEY.

The signature tells a dump of another shop from ours, and one that was changed together with its checksum.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from common.backups.errors import BackupError

FORMAT = 1
DUMP, MANIFEST, VERDICT, PICTURES, PICTURE_NAMES = ".dump", ".json", ".verdict", ".media.tar", ".media.jsonl"
SUFFIXES = (DUMP, MANIFEST, VERDICT, PICTURES, PICTURE_NAMES)
_PURPOSE = b"shop backup manifest"


@dataclass(frozen=True)
class Part:
    """One file of a backup: its name, size in bytes, and SHA-256 in hexadecimal."""

    file: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """A whole backup; `rows` are the tables' rows in the very snapshot that the dump shows."""

    name: str
    shop: str
    started_at: datetime
    taken_at: datetime
    finished_at: datetime
    server_version: int
    migrations: Mapping[str, list[str]]
    rows: Mapping[str, int]
    dump: Part
    media: Part
    media_files: int
    media_included: bool

    def to_json(self) -> bytes:
        """The signed file."""
        facts = {**asdict(self), "format": FORMAT}
        for moment in ("started_at", "taken_at", "finished_at"):
            facts[moment] = facts[moment].isoformat()
        return json.dumps({**facts, "signature": _signatures(facts)[0]}, indent=1, sort_keys=True).encode()


def read_manifest(content: bytes, *, foreign: bool = False) -> Manifest:
    """The manifest in a file's content; raises BackupError where it is damaged, or is not this shop's."""
    try:
        facts = json.loads(content)
        signature = str(facts.pop("signature"))
        read = facts.pop("format")
        manifest = _from_json(facts)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupError("The manifest is damaged, or is none of the shop's.") from error
    if read != FORMAT:
        raise BackupError(f"The manifest has format {read}; this version of the shop reads {FORMAT}.")
    if not foreign and not any(hmac.compare_digest(signature, each) for each in _signatures({**facts, "format": read})):
        raise BackupError(
            f"The backup of {manifest.shop!r} was not signed with this shop's SECRET_KEY, or its manifest was changed:"
            " --foreign takes it all the same."
        )
    return manifest


def _from_json(facts: dict[str, Any]) -> Manifest:
    moments = {name: datetime.fromisoformat(facts[name]) for name in ("started_at", "taken_at", "finished_at")}
    parts = {name: Part(**facts[name]) for name in ("dump", "media")}
    return Manifest(**{**facts, **moments, **parts})


def _signatures(facts: Mapping[str, Any]) -> list[str]:
    """By the key of today first, then by those before it."""
    content = json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()
    return [
        hmac.new(_PURPOSE + key.encode(), content, hashlib.sha256).hexdigest()
        for key in map(str, (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))
    ]


class Measured:
    """Chunks on their way, counted and summed up."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = chunks
        self._sum = hashlib.sha256()
        self.bytes = 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self._sum.update(chunk)
            self.bytes += len(chunk)
            yield chunk

    def part(self, file: str) -> Part:
        """What went by, as the file of this name."""
        return Part(file, self.bytes, self._sum.hexdigest())
