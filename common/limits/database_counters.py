"""Counters in PostgreSQL, for while Redis is away: what guards secrets is counted over all processes even then."""

from collections.abc import Sequence

from django.db import connection, transaction

from common.limits.policies import Delay, Verdict, Window, judge

# Rows in the order of their keys, so that two who count in the same ones cannot wait for each other in a circle.
_COUNT = """
INSERT INTO common_limitcounter AS had (key, uses, ends_at) VALUES {rows}
ON CONFLICT (key) DO UPDATE SET
    uses = CASE WHEN had.ends_at > statement_timestamp() THEN had.uses ELSE 0 END + EXCLUDED.uses,
    ends_at = CASE WHEN had.ends_at > statement_timestamp() THEN had.ends_at ELSE EXCLUDED.ends_at END
RETURNING key, uses, extract(epoch FROM ends_at - statement_timestamp())
"""
_ROW = "(%s, %s, statement_timestamp() + %s * interval '1 second')"
_PAUSE = "statement_timestamp() + least(2.0 ^ least({uses} - %(free)s, 30), %(longest)s) * interval '1 second'"
# Does nothing, and so returns nothing, while the delay holds.
_HOLD = f"""
INSERT INTO common_limitcounter AS had (key, uses, ends_at, held_until)
VALUES (
    %(key)s, 1, statement_timestamp() + %(forgotten)s * interval '1 second',
    CASE WHEN %(free)s <= 1 THEN {_PAUSE.format(uses="1")} END
)
ON CONFLICT (key) DO UPDATE SET
    uses = CASE WHEN had.ends_at > statement_timestamp() THEN had.uses ELSE 0 END + 1,
    ends_at = EXCLUDED.ends_at,
    held_until = CASE
        WHEN had.ends_at > statement_timestamp() AND had.uses + 1 >= %(free)s THEN {_PAUSE.format(uses="had.uses + 1")}
        ELSE EXCLUDED.held_until
    END
WHERE had.held_until IS NULL OR had.held_until <= statement_timestamp()
RETURNING uses
"""  # noqa: S608 - our own SQL
_HELD = "SELECT extract(epoch FROM held_until - clock_timestamp()) FROM common_limitcounter WHERE key = %s"


def count(windows: Sequence[Window], delay: Delay | None = None, *, cost: int = 1) -> Verdict:
    """Count a use in all windows, or in none where one is full or the delay holds."""
    with transaction.atomic():
        counts = _count(windows, cost)
        held = _hold(delay) if delay else 0.0
        verdict = judge(counts, cost=cost, held_seconds=held)
        if not verdict.is_allowed:
            transaction.set_rollback(True)
    return verdict


def _count(windows: Sequence[Window], cost: int) -> list[tuple[Window, int, float]]:
    ordered = sorted(windows, key=lambda window: window.key)
    values = [value for window in ordered for value in (window.key, cost, window.rate.seconds)]
    with connection.cursor() as cursor:
        cursor.execute(_COUNT.format(rows=", ".join([_ROW] * len(ordered))), values)
        found = {key: (uses, float(seconds)) for key, uses, seconds in cursor.fetchall()}
    return [(window, *found[window.key]) for window in windows]


def _hold(delay: Delay) -> float:
    """Count a use in the delay; the seconds that it holds, 0 where it does not."""
    facts: dict[str, str | int] = {
        "key": delay.key,
        "free": delay.free,
        "longest": delay.longest_seconds,
        "forgotten": delay.forgotten_seconds,
    }
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, facts)
        if cursor.fetchone():
            return 0.0
        cursor.execute(_HELD, [delay.key])
        row = cursor.fetchone()
    return max(float(row[0] or 0), 0.001) if row else 0.001


def forget(delay: Delay, *windows: Window) -> None:
    """Begin the delay, and these windows, anew."""
    keys = [delay.key, *(window.key for window in windows)]
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM common_limitcounter WHERE key = ANY(%s)", [keys])


def drop_ended() -> int:
    """Delete counters that have ended; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM common_limitcounter WHERE ends_at < statement_timestamp()")
        return int(cursor.rowcount)
