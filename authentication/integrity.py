"""The invariants of accounts that no constraint can say."""

from django.db import connection

from common.registry import IntegrityCheck, integrity_checks


def register() -> None:
    """Have `check_integrity` prove them."""
    integrity_checks.register("address_defaults", ADDRESS_DEFAULTS)
    integrity_checks.register("erased_accounts", ERASED_ACCOUNTS)


def _promote_newest() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE authentication_address SET is_default = true WHERE id IN (
                SELECT max(id) FROM authentication_address GROUP BY user_id HAVING NOT bool_or(is_default)
            )
            """
        )


ADDRESS_DEFAULTS = IntegrityCheck(
    description="An address book has a default",
    sql="SELECT user_id FROM authentication_address GROUP BY user_id HAVING NOT bool_or(is_default)",
    fix=_promote_newest,
)
ERASED_ACCOUNTS = IntegrityCheck(
    description="An erased account holds nothing and can do nothing",
    sql="""
        SELECT u.id FROM authentication_user u
        WHERE u.erased_at IS NOT NULL AND (
            u.is_active OR u.is_staff OR u.is_superuser OR u.is_staff_member
            OR u.email NOT LIKE '%@erased.invalid' OR u.first_name || u.last_name || u.phone <> ''
            OR EXISTS (SELECT FROM authentication_address a WHERE a.user_id = u.id)
            OR EXISTS (SELECT FROM authentication_refreshtoken t WHERE t.user_id = u.id)
        )
    """,
)
