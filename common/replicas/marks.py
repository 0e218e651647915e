"""Who wrote lately, and how much of the primary's log a replica must have applied to show it to them.

A mark is a row of the primary, so it holds through every web host, and while Redis is away. Who carries nothing by
which they are known again (no account, no token of a cart or order) may carry the position itself, `X-Read-After`.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from django.db import connection

from common.tokens import hash_token

HEADER = "X-Read-After"
# As long as that a mark counts; no replica in use is so far behind (see `LONGEST_LAG_SECONDS` of the settings).
MARK_SECONDS = 600

_POSITION = re.compile(r"([0-9A-Fa-f]{1,8})/([0-9A-Fa-f]{1,8})")
# The position is looked up once the caller's own transactions are committed, so it lies behind them.
_NOTE = """
INSERT INTO common_readmark AS had (caller, position, written_at)
SELECT caller, (pg_current_wal_insert_lsn() - '0/0')::bigint, now() FROM unnest(%s) caller
ON CONFLICT (caller) DO UPDATE
    SET position = greatest(had.position, EXCLUDED.position), written_at = EXCLUDED.written_at
RETURNING position
"""
_FIND = f"""
SELECT coalesce(max(position), 0) FROM common_readmark
WHERE caller = ANY(%s) AND written_at > now() - interval '{MARK_SECONDS} seconds'
"""  # noqa: S608 - a constant of this module
_DROP = f"DELETE FROM common_readmark WHERE written_at < now() - interval '{MARK_SECONDS} seconds'"  # noqa: S608


class Asker(NamedTuple):
    """Who asks: the environment of the request, and the account's id where one is signed in."""

    environment: Mapping[str, Any]
    user_id: int | None = None

    def names(self) -> list[str]:
        """All by which the caller is known again, in an order that all writers keep."""
        tokens = {kind: self.environment.get(f"HTTP_X_{kind.upper()}_TOKEN") for kind in ("cart", "order")}
        found = [f"{kind}:{hash_token(token)}" for kind, token in tokens.items() if token]
        return [*found, f"user:{self.user_id}"] if self.user_id else found


def note(asker: Asker) -> str | None:
    """Mark the caller as one who has written all that the primary has by now; returns the position as text.

    None where nothing is known by which the caller could be found again.
    """
    names = asker.names()
    if not names:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, [names])
        position = max(row[0] for row in cursor.fetchall())
    return f"{position >> 32:X}/{position & 0xFFFFFFFF:X}"


def position_for(asker: Asker) -> int | None:
    """What a replica must have applied for the caller to see their own writes; None: only the primary will do."""
    told = asker.environment.get
    carried = told("HTTP_X_READ_AFTER")
    if not (asker.user_id or carried or told("HTTP_X_CART_TOKEN") or told("HTTP_X_ORDER_TOKEN")):
        return 0
    after = _carried(carried) if carried else 0
    names = asker.names()
    if after is None or not names:
        return after
    with connection.cursor() as cursor:
        cursor.execute(_FIND, [names])
        return max(after, int(cursor.fetchone()[0]))


def drop_old() -> int:
    """Delete the marks that count no more; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(_DROP)
        return int(cursor.rowcount)


def _carried(text: str) -> int | None:
    found = _POSITION.fullmatch(text.strip())
    return (int(found[1], 16) << 32) + int(found[2], 16) if found else None
