"""Finds out what each customer's rows would do, and refuses what must not be: each check one statement.

A customer is taken with all rows or not at all. The first row tells of the customer, each may tell an address.
"""
# ruff: noqa: S608 - the SQL is put together from constants of this package, never from input

from dataclasses import dataclass

from django.db import connection

from authentication.imports.rows import ADDRESS_LENGTHS, CUSTOMER_COLUMNS, UNREADABLE
from authentication.services.addresses import MOST_ADDRESSES
from common.imports.listening import Mode

CUSTOMER_REFUSED = "customer_refused"
# The columns of a file, and of an account or address.
ACCOUNT = {"username": "username", "first_name": "first_name", "last_name": "last_name", "phone": "phone"}
ACCOUNT |= {"is_active": "is_active", "date_joined": "date_joined"}
ADDRESS = {column: "phone" if column == "address_phone" else column for column in ADDRESS_LENGTHS}
# Equal addresses are told apart by their place: the second in the file is the second in the book.
_STATED = f"""ROW({", ".join(f"coalesce(r.{column}, '')" for column in ADDRESS)})::text"""
_OWN = f"""ROW({", ".join(f"coalesce(a.{own}, '')" for own in ADDRESS.values())})::text"""

_FIND = f"""
UPDATE import_row r SET is_first = true WHERE r.id IN (SELECT min(id) FROM import_row GROUP BY email);

CREATE TEMPORARY TABLE import_customer ON COMMIT DROP AS
SELECT r.id, r.line, r.email, r.{", r.".join(CUSTOMER_COLUMNS)}, u.id AS target_id,
    CASE WHEN u.id IS NULL THEN CASE WHEN %(mode)s = 'update' THEN 'skip' ELSE 'create' END
        ELSE CASE WHEN %(mode)s = 'create' THEN 'skip' ELSE 'update' END END AS action,
    '{{}}'::jsonb AS changes, false AS changes_addresses
FROM import_row r LEFT JOIN authentication_user u ON u.email = r.email
WHERE r.is_first;
CREATE UNIQUE INDEX ON import_customer (email);
ANALYZE import_customer;

UPDATE import_row r SET target_id = c.target_id FROM import_customer c WHERE c.email = r.email;

UPDATE import_row r SET address_action = 'create' WHERE r.has_address;

UPDATE import_row r SET address_id = own.id, address_action = 'unchanged'
FROM (
    SELECT r.id, r.target_id, {_STATED} AS told,
        row_number() OVER (PARTITION BY r.email, {_STATED} ORDER BY r.id) AS place
    FROM import_row r WHERE r.has_address AND r.target_id IS NOT NULL
) stated
JOIN (
    SELECT a.id, a.user_id, {_OWN} AS told,
        row_number() OVER (PARTITION BY a.user_id, {_OWN} ORDER BY a.id) AS place
    FROM authentication_address a WHERE a.user_id IN (SELECT target_id FROM import_customer)
) own ON own.user_id = stated.target_id AND own.told = stated.told AND own.place = stated.place
WHERE stated.id = r.id;

UPDATE import_row r SET address_action = 'update'
FROM authentication_address a
WHERE a.id = r.address_id AND r.address_action = 'unchanged' AND r.is_default AND NOT a.is_default;
ANALYZE import_row;
"""
_COMPARE = f"""
UPDATE import_customer c SET changes = d.changes FROM (
    SELECT c.id, jsonb_strip_nulls(jsonb_build_object(
        {
    ", ".join(
        f"'{column}', CASE WHEN c.{column} <> u.{own} THEN jsonb_build_array(u.{own}, c.{column}) END"
        for column, own in ACCOUNT.items()
    )
},
        'password_hash', CASE WHEN c.password_hash <> '{UNREADABLE}' AND c.password_hash <> u.password
            THEN '["(another)", "(the file''s)"]'::jsonb END
    )) AS changes
    FROM import_customer c JOIN authentication_user u ON u.id = c.target_id
) d
WHERE d.id = c.id AND c.action = 'update';

UPDATE import_customer c SET changes_addresses = true
WHERE EXISTS (SELECT FROM import_row r WHERE r.email = c.email AND r.address_action IN ('create', 'update'));
"""


@dataclass(frozen=True)
class _Check:
    """Rows of `import_row r`, of customers `c` with the account `u` if there is one, that the condition refuses."""

    code: str
    column: str
    reason: str
    condition: str


_CHANGES = "c.action = 'update' AND (c.changes <> '{}' OR c.changes_addresses)"
_CHECKS = (
    _Check(
        "repeated_email",
        "email",
        "an earlier row tells of this customer otherwise; further rows repeat it or leave its columns blank",
        "NOT r.is_first AND ("
        + " OR ".join(f"r.{column} <> c.{column}" for column in CUSTOMER_COLUMNS)
        + " OR "
        + " OR ".join(f"(r.{column} IS NOT NULL AND c.{column} IS NULL)" for column in CUSTOMER_COLUMNS)
        + ")",
    ),
    _Check("erased", "email", "this person was erased", "u.erased_at IS NOT NULL"),
    _Check(
        "staff_account",
        "email",
        "the account has rights in the shop; an import changes none of those",
        f"""{_CHANGES} AND r.is_first AND (
            u.is_staff OR u.is_staff_member OR u.is_superuser
            OR EXISTS (SELECT FROM authentication_user_groups g WHERE g.user_id = u.id)
            OR EXISTS (SELECT FROM authentication_user_user_permissions p WHERE p.user_id = u.id)
        )""",
    ),
    _Check(
        "has_password",
        "password_hash",
        "the account has a password of its own, which an import does not change",
        "r.is_first AND c.action = 'update' AND c.changes ? 'password_hash' AND u.password NOT LIKE '!%%'",
    ),
    _Check(
        "username_taken",
        "username",
        "another account has this user name",
        """r.is_first AND c.action <> 'skip' AND EXISTS (
            SELECT FROM authentication_user o WHERE o.username = c.username AND o.id IS DISTINCT FROM c.target_id
        )""",
    ),
    _Check(
        "repeated_username",
        "username",
        "an earlier customer of the file has this user name",
        """r.is_first AND EXISTS (
            SELECT FROM import_customer o WHERE o.username = c.username AND o.id < c.id
        )""",
    ),
    _Check(
        "two_defaults",
        "is_default",
        "an earlier row names the default address",
        """r.is_default AND EXISTS (
            SELECT FROM import_row o WHERE o.email = r.email AND o.is_default AND o.id < r.id
        )""",
    ),
    _Check(
        "too_many_addresses",
        "email",
        f"an address book holds at most {MOST_ADDRESSES}",
        f"""r.is_first AND {MOST_ADDRESSES} < (
            SELECT count(*) FROM import_row o WHERE o.email = r.email AND o.address_action = 'create'
        ) + (SELECT count(*) FROM authentication_address a WHERE a.user_id = c.target_id)""",
    ),
)
_REFUSE_WHOLE = f"""
UPDATE import_row r
SET refusal_code = '{CUSTOMER_REFUSED}', refusal_column = '', refusal_value = r.email,
    refusal_reason = 'the customer is refused for line ' || f.line
FROM (SELECT email, min(line) AS line FROM import_row WHERE refusal_code IS NOT NULL GROUP BY email) f
WHERE f.email = r.email AND r.refusal_code IS NULL;

UPDATE import_customer c SET action = 'refuse'
FROM import_row r WHERE r.email = c.email AND r.refusal_code IS NOT NULL;

UPDATE import_customer SET action = 'unchanged'
WHERE action = 'update' AND changes = '{{}}' AND NOT changes_addresses;
ANALYZE import_customer;
"""


def check_rows(*, mode: Mode) -> None:
    """Mark what is refused and decide what becomes of each customer: create, update, unchanged, skip or refuse."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS import_customer")
        cursor.execute(_FIND, {"mode": mode.value})
        cursor.execute(_COMPARE)
        for check in _CHECKS:
            cursor.execute(_refuse(check))
        cursor.execute(_REFUSE_WHOLE)


def _refuse(check: _Check) -> str:
    value = "''" if check.column == "password_hash" else f"r.{check.column}::text"
    return f"""
        UPDATE import_row t
        SET refusal_code = '{check.code}', refusal_column = '{check.column}', refusal_value = coalesce(f.value, ''),
            refusal_reason = '{check.reason}'
        FROM (
            SELECT r.id, {value} AS value
            FROM import_row r JOIN import_customer c ON c.email = r.email
            LEFT JOIN authentication_user u ON u.id = c.target_id
            WHERE r.refusal_code IS NULL AND c.action <> 'skip' AND ({check.condition})
        ) f
        WHERE f.id = t.id
    """.replace("%%", "%")
