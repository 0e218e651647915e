"""What the SQL of a migration may say. A reading by patterns: it knows the usual, and the tests know the rest."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

# A body of a function is no statement of the migration.
_QUOTED = re.compile(r"\$(\w*)\$.*?\$\1\$|'(?:[^']|'')*'", re.DOTALL)
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_USED_TABLE = re.compile(r"CREATE\s+(?:UNLOGGED\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?([\w.\"]+)", re.IGNORECASE)

UNSAFE = {
    r"CREATE\s+(UNIQUE\s+)?INDEX\s+(?!CONCURRENTLY)": "an index is made CONCURRENTLY, or by AddIndex",
    r"DROP\s+INDEX\s+(?!CONCURRENTLY)": "an index is dropped CONCURRENTLY, or by RemoveIndex",
    r"^REINDEX\s+(?!.*CONCURRENTLY)": "an index is made anew CONCURRENTLY",
    r"ADD\s+CONSTRAINT\s+(?!.*(NOT\s+VALID|USING\s+INDEX))": "a constraint is added NOT VALID, then validated",
    r"ADD\s+(CHECK|UNIQUE|FOREIGN|PRIMARY)\b": "a constraint has a name, and is added NOT VALID, then validated",
    r"SET\s+NOT\s+NULL": "AlterField proves NOT NULL by a validated check first",
    r"ALTER\s+(COLUMN\s+)?\S+\s+(SET\s+DATA\s+)?TYPE\b": "another type comes by a temporary column",
    r"DROP\s+(COLUMN|TABLE)\b": "DropColumn and DropTable drop, a release after the code forgot it",
    r"\bRENAME\b": "the release before this one knows the old name",
    r"^(UPDATE|DELETE|TRUNCATE|VACUUM\s+FULL|CLUSTER|LOCK)\b": "rows are changed in batches, by RunBackfill",
}
_AGAIN = re.compile(
    r"^CREATE\s+(?!OR\s+REPLACE|.*IF\s+NOT\s+EXISTS)|^DROP\s+(?!.*IF\s+EXISTS)"
    r"|\bADD\s+COLUMN\s+(?!IF\s+NOT\s+EXISTS)|\bADD\s+CONSTRAINT\b|^INSERT\b(?!.*ON\s+CONFLICT)",
    re.IGNORECASE | re.DOTALL,
)


def breaches(sql: Any, *, again: bool) -> Iterator[str]:
    """Each breach in words; `again`: the statements commit one by one, so each must bear to be run again."""
    for statement in _statements(sql):
        if _USED_TABLE.match(statement):
            continue  # nobody uses it yet
        for pattern, instead in UNSAFE.items():
            if re.search(pattern, statement, re.IGNORECASE | re.DOTALL):
                yield f"{_beginning(statement)}: {instead}"
        if again and _AGAIN.search(statement):
            yield f"{_beginning(statement)}: run again, it would fail; say OR REPLACE or IF [NOT] EXISTS"


def _statements(sql: Any) -> Iterator[str]:
    for piece in [sql] if isinstance(sql, str) else sql:
        text = piece[0] if isinstance(piece, Sequence) and not isinstance(piece, str) else str(piece)
        yield from (each.strip() for each in _COMMENT.sub(" ", _QUOTED.sub("''", text)).split(";") if each.strip())


def _beginning(statement: str) -> str:
    words = " ".join(statement.split())
    return words if len(words) <= 60 else f"{words[:60]} …"
