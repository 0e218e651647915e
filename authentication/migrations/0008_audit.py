"""The triggers that tell the audit of rights: staff flags, who is in which role, and what each role may do."""

from django.db import migrations

from common.database import audit_trigger

FLAGS = ("is_staff", "is_staff_member", "is_superuser", "is_active")

# An account that begins with rights; those of customers are none of the audit's business.
BEGINS = """
CREATE TRIGGER authentication_user_audit_insert AFTER INSERT ON authentication_user FOR EACH ROW
WHEN (NEW.is_staff OR NEW.is_staff_member OR NEW.is_superuser)
EXECUTE FUNCTION common_audit_row('role', 'authentication.user', '{}', 'is_staff', 'is_staff_member', 'is_superuser');
"""

ROLE_NAME = "SELECT name FROM auth_group WHERE id = r.group_id"
PERMISSION_NAME = """
SELECT t.app_label || '.' || p.codename FROM auth_permission p JOIN django_content_type t ON t.id = p.content_type_id
WHERE p.id = r.permission_id
"""


def _grants(table: str, *, owner: str, model: str, told_as: str, name: str) -> migrations.RunSQL:
    """One entry for each user or role that a statement gave something to (`after`) or took something from (`before`)."""
    function = f"{table}_audit"
    triggers = "\n".join(
        f"CREATE TRIGGER {function}_{event.lower()} AFTER {event} ON {table} REFERENCING {rows} TABLE AS moved "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {function}();"
        for event, rows in (("INSERT", "NEW"), ("DELETE", "OLD"))
    )
    return migrations.RunSQL(
        f"""
        CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO common_auditentry
                (kind, object_type, object_id, before, after, door, actor_id, origin, request_id, client_address)
            SELECT 'role', '{model}', m.owner_id, CASE WHEN TG_OP = 'DELETE' THEN m.told END,
                CASE WHEN TG_OP = 'INSERT' THEN m.told END,
                c.door, c.actor_id, c.origin, c.request_id, c.client_address
            FROM (
                SELECT r.{owner} AS owner_id,
                    jsonb_build_object('{told_as}', jsonb_agg(named.name ORDER BY named.name)) AS told
                FROM moved r CROSS JOIN LATERAL (SELECT coalesce(({name}), '?') AS name) named GROUP BY r.{owner}
            ) m CROSS JOIN common_audit_context() c
            ORDER BY m.owner_id;
            RETURN NULL;
        END $$;
        {triggers}
        """,
        f"""
        DROP TRIGGER {function}_insert ON {table};
        DROP TRIGGER {function}_delete ON {table};
        DROP FUNCTION {function}();
        """,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("authentication", "0007_roles"),
        ("common", "0007_audit_triggers"),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.RunSQL(BEGINS, "DROP TRIGGER authentication_user_audit_insert ON authentication_user;"),
        audit_trigger("authentication_user", kind="role", model="authentication.user", columns=FLAGS),
        audit_trigger("auth_group", kind="role", model="auth.group", columns=("name",), events="INSERT UPDATE DELETE"),
        _grants(
            "authentication_user_groups",
            owner="user_id",
            model="authentication.user",
            told_as="roles",
            name=ROLE_NAME,
        ),
        _grants(
            "authentication_user_user_permissions",
            owner="user_id",
            model="authentication.user",
            told_as="permissions",
            name=PERMISSION_NAME,
        ),
        _grants(
            "auth_group_permissions", owner="group_id", model="auth.group", told_as="permissions", name=PERMISSION_NAME
        ),
    ]
