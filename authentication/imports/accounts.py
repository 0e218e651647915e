"""Accounts that orders of an import name and the shop does not have: made without a password."""

from django.db import connection

from authentication.imports.snapshots import CUSTOMER
from common.failpoints import failpoint

# Django's mark of an unusable password, followed by chance: sessions and links hang on it.
UNUSABLE_PASSWORD = "'!' || replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '')"  # noqa: S105
USERNAME = "'user-' || left(replace(gen_random_uuid()::text, '-', ''), 16)"

_CREATE = f"""
INSERT INTO authentication_user (email, username, password, first_name, last_name, date_joined)
SELECT r.email, {USERNAME}, {UNUSABLE_PASSWORD}, r.first_name, r.last_name, r.date_joined
FROM import_account r
WHERE NOT EXISTS (SELECT FROM authentication_user u WHERE u.email = r.email)
ORDER BY r.line
ON CONFLICT DO NOTHING
RETURNING id
"""  # noqa: S608 - of the constants above
_NOTE = """
UPDATE import_account r SET user_id = u.id FROM authentication_user u WHERE u.id = ANY(%s) AND u.email = r.email
"""
_REMEMBER = f"""
INSERT INTO common_importchange (batch_id, kind, action, target_id, label, line, before, after)
SELECT %(batch)s, 'customer', 'created', t.id, t.email, r.line, NULL, {CUSTOMER}
FROM import_account r JOIN authentication_user t ON t.id = r.user_id
"""  # noqa: S608 - of constants


def add_missing_accounts(*, batch_id: int) -> None:
    """Make the accounts of the staging table `import_account` (email, first_name, last_name, date_joined, line).

    An account that has the address already is left as it is. Needs the caller's transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CREATE)
        ids = [user_id for (user_id,) in cursor.fetchall()]
        cursor.execute(_NOTE, [ids])
        cursor.execute(_REMEMBER, {"batch": batch_id})
    failpoint("import.after_accounts")
