"""Undoes what a batch did to accounts and addresses, for `common.imports.batches.undo_batch`."""
# ruff: noqa: S608 - the SQL is put together from constants of this package, never from input

from collections.abc import Callable
from typing import Any

from django.db import connection

from authentication.imports.snapshots import ADDRESS, ADDRESS_COLUMNS, CUSTOMER, CUSTOMER_COLUMNS
from authentication.models import Address, User
from common.imports.batches import check_references
from common.imports.blocks import read_blocks
from common.imports.listening import Undone, UndoSummary
from common.imports.references import uses

# `back` holds the columns that go back to an earlier value, `kept` those that stay, with the reason.
_PLAN = """
DROP TABLE IF EXISTS undo_account;
CREATE TEMPORARY TABLE undo_account ON COMMIT DROP AS
SELECT row_number() OVER (ORDER BY line, kind DESC, id) AS id, id AS change_id, kind, action, target_id, label, line,
    before, after, '{}'::jsonb AS back, '{}'::jsonb AS kept, '' AS uses, false AS gone, '' AS outcome, '' AS reason
FROM common_importchange
WHERE batch_id = %s AND kind IN ('customer', 'address');
ALTER TABLE undo_account ADD PRIMARY KEY (id);
CREATE INDEX ON undo_account (kind, target_id);
ANALYZE undo_account;
"""
_LOCK = """
SELECT count(*) FROM (
    SELECT t.id FROM authentication_user t
    WHERE t.id IN (SELECT target_id FROM undo_account WHERE kind = 'customer')
        OR t.id IN (
            SELECT a.user_id FROM authentication_address a
            JOIN undo_account u ON u.kind = 'address' AND u.target_id = a.id
        )
    ORDER BY t.id FOR UPDATE OF t
) locked
"""
_TABLES = {
    "customer": ("authentication_user", CUSTOMER, CUSTOMER_COLUMNS),
    "address": ("authentication_address", ADDRESS, ADDRESS_COLUMNS),
}
_FIND_GONE = """
UPDATE undo_account u SET gone = true
WHERE u.kind = '{kind}' AND NOT EXISTS (SELECT FROM {table} t WHERE t.id = u.target_id)
"""
# Of what was created every column counts, and it goes as a whole; of what was updated only the columns that changed.
_COMPARE = """
UPDATE undo_account u SET back = d.back, kept = d.kept
FROM (
    SELECT u.id,
        coalesce(jsonb_object_agg(e.key, u.before -> e.key)
            FILTER (WHERE u.action = 'updated' AND n.now -> e.key = e.value), '{{}}') AS back,
        coalesce(jsonb_object_agg(e.key, 'changed since') FILTER (WHERE n.now -> e.key <> e.value), '{{}}') AS kept
    FROM undo_account u
    JOIN {table} t ON t.id = u.target_id
    CROSS JOIN LATERAL (SELECT {now} AS now) n
    CROSS JOIN LATERAL jsonb_each(u.after) e
    WHERE u.kind = '{kind}'
    GROUP BY u.id
) d
WHERE d.id = u.id
"""
_GOES = "(u.action = 'created' AND NOT u.gone AND u.kept = '{}' AND u.uses = '')"

# An account goes with the addresses that came with it, but not while it has others, or somebody has signed in.
_LEAVE_OTHER_ADDRESSES = """
UPDATE undo_account u SET kept = u.kept || '{"addresses": "changed since"}'
WHERE u.kind = 'customer' AND u.action = 'created' AND EXISTS (
    SELECT FROM authentication_address a
    LEFT JOIN undo_account x ON x.kind = 'address' AND x.action = 'created' AND x.target_id = a.id
    WHERE a.user_id = u.target_id AND (x.id IS NULL OR x.kept <> '{}')
)
"""
_LEAVE_SIGNED_IN = """
UPDATE undo_account u SET uses = concat_ws(', ', nullif(u.uses, ''), 'signed in')
FROM authentication_user t
WHERE u.kind = 'customer' AND u.action = 'created' AND t.id = u.target_id
    AND (t.last_login IS NOT NULL OR t.email_verified_at IS NOT NULL
        OR t.is_staff OR t.is_staff_member OR t.is_superuser)
"""
_LEAVE_USED = """
UPDATE undo_account u SET uses = d.uses
FROM (SELECT u.id, concat_ws(', ', {pieces}) AS uses FROM undo_account u WHERE u.kind = '{kind}') d
WHERE d.id = u.id AND u.action = 'created'
"""
_STAY_WITH_ACCOUNT = """
UPDATE undo_account u SET kept = u.kept || '{"customer": "stays"}'
FROM authentication_address a JOIN undo_account c ON c.kind = 'customer' AND c.action = 'created'
    AND c.target_id = a.user_id AND (c.kept <> '{}' OR c.uses <> '')
WHERE u.kind = 'address' AND u.action = 'created' AND a.id = u.target_id
"""
_KEEP_USERNAME = """
UPDATE undo_account u
SET back = u.back - 'username', kept = u.kept || '{"username": "taken by another account"}'
WHERE u.kind = 'customer' AND u.back ? 'username' AND EXISTS (
    SELECT FROM authentication_user o WHERE o.username = u.back ->> 'username' AND o.id <> u.target_id
)
"""

_DELETE = f"""
DELETE FROM {{table}} t USING undo_account u
WHERE u.kind = '{{kind}}' AND u.target_id = t.id AND {_GOES.replace("{", "{{").replace("}", "}}")}
"""
# The default gives its place up before another takes it.
_YIELD_DEFAULT = """
UPDATE authentication_address a SET is_default = false
FROM undo_account u WHERE u.kind = 'address' AND u.target_id = a.id AND u.back -> 'is_default' = 'false'
"""
_RESTORE = """
UPDATE {table} t SET {settings}
FROM (
    SELECT n.* FROM undo_account u JOIN {table} p ON p.id = u.target_id
    CROSS JOIN LATERAL jsonb_populate_record(p, u.back) n
    WHERE u.kind = '{kind}' AND u.action = 'updated' AND u.back <> '{{}}'
) n
WHERE n.id = t.id
"""
# Where a new default stays but an address goes, or the other way round, the book still has one default.
_MEND_DEFAULTS = """
UPDATE authentication_address a SET is_default = true
WHERE a.id IN (
    SELECT max(x.id) FROM authentication_address x
    WHERE x.user_id IN (SELECT owner_id FROM undo_owner) GROUP BY x.user_id HAVING NOT bool_or(x.is_default)
)
"""
_OWNERS = """
DROP TABLE IF EXISTS undo_owner;
CREATE TEMPORARY TABLE undo_owner ON COMMIT DROP AS
SELECT DISTINCT a.user_id AS owner_id
FROM authentication_address a JOIN undo_account u ON u.kind = 'address' AND u.target_id = a.id
"""
_CONCLUDE = f"""
UPDATE undo_account u SET
    outcome = CASE
        WHEN u.action = 'created' THEN CASE WHEN u.gone OR {_GOES} THEN 'put_back' ELSE 'left' END
        WHEN u.gone THEN 'left'
        WHEN u.kept = '{{}}' THEN 'put_back'
        WHEN u.back = '{{}}' THEN 'left'
        ELSE 'partly'
    END,
    reason = CASE WHEN u.gone THEN 'was deleted since' ELSE concat_ws('; ',
        (SELECT string_agg(key || ': ' || value, '; ' ORDER BY key) FROM jsonb_each_text(u.kept)),
        'in use: ' || nullif(u.uses, '')
    ) END;

UPDATE common_importchange c SET outcome = u.outcome, reason = u.reason FROM undo_account u WHERE c.id = u.change_id;
"""
_COUNT = """
SELECT count(*) FILTER (WHERE outcome = 'put_back'), count(*) FILTER (WHERE outcome <> 'put_back') FROM undo_account
"""


def undo_accounts(batch_id: int, actor: Any, listener: Callable[[Undone], None]) -> UndoSummary:
    """Put back the accounts and addresses of a batch that nobody has changed since; needs the caller's transaction.

    A new account is deleted with its new addresses where nobody signed in and nothing refers to it. Locks the accounts
    by id.
    """
    with connection.cursor() as cursor:
        cursor.execute(_PLAN, [batch_id])
        cursor.execute(_LOCK)
        for kind, (table, now, _) in _TABLES.items():
            cursor.execute(_FIND_GONE.format(kind=kind, table=table))
            cursor.execute(_COMPARE.format(kind=kind, table=table, now=now))
        for statement in (*_leave_used(), _LEAVE_SIGNED_IN, _LEAVE_OTHER_ADDRESSES, _STAY_WITH_ACCOUNT, _KEEP_USERNAME):
            cursor.execute(statement)
        for statement in _put_back():
            cursor.execute(statement)
        cursor.execute(_CONCLUDE)
        cursor.execute(_COUNT)
        summary = UndoSummary(*cursor.fetchone())
    check_references()
    _tell(listener)
    return summary


def _leave_used() -> list[str]:
    """What refers to a new account or address keeps it."""
    subjects = (("customer", User, (Address,)), ("address", Address, ()))
    return [
        _LEAVE_USED.format(kind=kind, pieces=", ".join(uses(model, key="u.target_id", parts=parts)))
        for kind, model, parts in subjects
    ]


def _put_back() -> list[str]:
    statements = [_OWNERS]
    statements += [_DELETE.format(kind=kind, table=_TABLES[kind][0]) for kind in ("address", "customer")]
    statements.append(_YIELD_DEFAULT)
    for kind, (table, _, columns) in _TABLES.items():
        settings = ", ".join(f"{column} = n.{column}" for column in columns)
        statements.append(_RESTORE.format(kind=kind, table=table, settings=settings))
    return [*statements, _MEND_DEFAULTS]


def _tell(listener: Callable[[Undone], None]) -> None:
    columns = "r.line, r.kind, r.action, r.label, r.outcome, r.reason"
    for block in read_blocks(columns, "true", table="undo_account"):
        for _, line, kind, action, label, outcome, reason in block:
            listener(Undone(line, kind, action, label, outcome, {}, reason))
