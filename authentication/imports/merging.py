"""Writes the accepted customers and their addresses, in sets; needs the caller's transaction."""
# ruff: noqa: S608 - the SQL is put together from constants of this package, never from input

from django.db import connection

from authentication.imports.accounts import UNUSABLE_PASSWORD, USERNAME
from authentication.imports.checking import ACCOUNT, ADDRESS
from authentication.imports.rows import UNREADABLE
from authentication.imports.snapshots import ADDRESS as ADDRESS_SNAPSHOT
from authentication.imports.snapshots import CUSTOMER
from common.failpoints import failpoint

_LOCK = """
SELECT count(*) FROM (
    SELECT u.id FROM authentication_user u WHERE u.id IN (SELECT target_id FROM import_customer WHERE action = 'update')
    ORDER BY u.id FOR NO KEY UPDATE OF u
) locked
"""
_READABLE = f"nullif(c.password_hash, '{UNREADABLE}')"
_INSERT = "INSERT INTO common_importchange (batch_id, kind, action, target_id, label, line, before, after)"

_CREATE = f"""
WITH new AS (
    INSERT INTO authentication_user (
        email, username, first_name, last_name, phone, is_active, date_joined, password
    )
    SELECT c.email, coalesce(c.username, {USERNAME}), coalesce(c.first_name, ''), coalesce(c.last_name, ''),
        coalesce(c.phone, ''), coalesce(c.is_active, true), coalesce(c.date_joined, now()),
        coalesce({_READABLE}, {UNUSABLE_PASSWORD})
    FROM import_customer c WHERE c.action = 'create' ORDER BY c.id
    ON CONFLICT DO NOTHING
    RETURNING id, email
)
UPDATE import_customer c SET target_id = new.id FROM new WHERE new.email = c.email;

UPDATE import_row r
SET refusal_code = 'made_meanwhile', refusal_column = 'email', refusal_value = r.email,
    refusal_reason = 'somebody took this address or user name meanwhile: import the rows again'
FROM import_customer c WHERE c.email = r.email AND c.action = 'create' AND c.target_id IS NULL;
UPDATE import_customer SET action = 'refuse' WHERE action = 'create' AND target_id IS NULL;
ANALYZE import_customer;
"""
_UPDATED = "c.action = 'update' AND c.changes <> '{}'"
# Compared once more, under the lock: what somebody changed since is what an undo has to go back to.
_REMEMBER_UPDATED = f"""
{_INSERT}
SELECT %(batch)s, 'customer', 'updated', t.id, t.email, c.line,
    (SELECT jsonb_object_agg(e.key, e.value) FROM jsonb_each(to_jsonb(t)) e WHERE e.key = ANY(d.names)),
    (SELECT jsonb_object_agg(e.key, e.value) FROM jsonb_each(jsonb_build_object(
        {", ".join(f"'{own}', coalesce(c.{column}, t.{own})" for column, own in ACCOUNT.items())},
        'password', md5(coalesce({_READABLE}, t.password))
    )) e WHERE e.key = ANY(d.names))
FROM import_customer c
JOIN authentication_user t ON t.id = c.target_id
CROSS JOIN LATERAL (
    SELECT array_agg(CASE k WHEN 'password_hash' THEN 'password' ELSE k END) AS names
    FROM jsonb_object_keys(c.changes) k
) d
WHERE {_UPDATED}
"""
_UPDATE = f"""
UPDATE authentication_user u SET
    {", ".join(f"{own} = coalesce(c.{column}, u.{own})" for column, own in ACCOUNT.items())},
    password = CASE WHEN u.password LIKE '!%%' THEN coalesce({_READABLE}, u.password) ELSE u.password END
FROM import_customer c
WHERE {_UPDATED} AND u.id = c.target_id AND NOT (u.is_staff OR u.is_staff_member OR u.is_superuser)
"""
_REMEMBER_CREATED = f"""
{_INSERT}
SELECT %(batch)s, 'customer', 'created', t.id, t.email, c.line, NULL, {CUSTOMER}
FROM import_customer c JOIN authentication_user t ON t.id = c.target_id WHERE c.action = 'create'
"""

_OWNERS = "c.action IN ('create', 'update') AND c.changes_addresses"
# One default per book: the row that asks for it, else what is there, else the first new one. The old one yields first.
_CHOOSE_DEFAULTS = f"""
UPDATE import_row r SET target_id = c.target_id FROM import_customer c WHERE c.email = r.email;

UPDATE import_row r SET is_default = (r.id = d.chosen)
FROM (
    SELECT r.email, coalesce(
        min(r.id) FILTER (WHERE r.is_default),
        CASE WHEN NOT EXISTS (SELECT FROM authentication_address a WHERE a.user_id = r.target_id) THEN min(r.id) END
    ) AS chosen
    FROM import_row r JOIN import_customer c ON c.email = r.email
    WHERE {_OWNERS} AND r.address_action IS NOT NULL GROUP BY r.email, r.target_id
) d
WHERE d.email = r.email AND r.address_action IS NOT NULL;
"""
_REMEMBER_YIELDED = f"""
{_INSERT}
SELECT %(batch)s, 'address', 'updated', a.id, c.email || ', ' || a.address_line1, r.line,
    jsonb_build_object('is_default', a.is_default), jsonb_build_object('is_default', NOT a.is_default)
FROM import_customer c
JOIN import_row r ON r.email = c.email AND r.is_default AND r.address_action IN ('create', 'update')
JOIN authentication_address a ON a.user_id = c.target_id
    AND (a.is_default AND a.id IS DISTINCT FROM r.address_id OR a.id = r.address_id AND NOT a.is_default)
WHERE {_OWNERS};

UPDATE authentication_address a SET is_default = false
FROM import_customer c
JOIN import_row r ON r.email = c.email AND r.is_default AND r.address_action IN ('create', 'update')
WHERE {_OWNERS} AND a.user_id = c.target_id AND a.is_default AND a.id IS DISTINCT FROM r.address_id;

UPDATE authentication_address a SET is_default = true
FROM import_row r JOIN import_customer c ON c.email = r.email
WHERE {_OWNERS} AND r.is_default AND r.address_action = 'update' AND a.id = r.address_id;
"""
_ADDRESS_VALUES = ", ".join(
    f"r.{column}" if own == "address_line2" else f"coalesce(r.{column}, '')" for column, own in ADDRESS.items()
)
_CREATE_ADDRESSES = f"""
WITH new AS (
    INSERT INTO authentication_address AS t (user_id, {", ".join(ADDRESS.values())}, is_default)
    SELECT c.target_id, {_ADDRESS_VALUES}, coalesce(r.is_default, false)
    FROM import_row r JOIN import_customer c ON c.email = r.email
    WHERE {_OWNERS} AND r.address_action = 'create' ORDER BY r.id
    RETURNING t.id, t.user_id, t.address_line1, {ADDRESS_SNAPSHOT} AS after
)
{_INSERT}
SELECT %(batch)s, 'address', 'created', new.id, c.email || ', ' || new.address_line1, c.line, NULL, new.after
FROM new JOIN import_customer c ON c.target_id = new.user_id
"""


def merge_rows(*, batch_id: int) -> None:
    """Write what is new or changed and nothing else; the batch remembers it. Locks the accounts that change, by id."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK)
        for statement in (_REMEMBER_UPDATED, _CREATE, _UPDATE, _REMEMBER_CREATED):
            cursor.execute(statement, {"batch": batch_id})
        failpoint("import.after_accounts")
        for statement in (_CHOOSE_DEFAULTS, _REMEMBER_YIELDED, _CREATE_ADDRESSES):
            cursor.execute(statement, {"batch": batch_id})
    failpoint("import.before_commit")
