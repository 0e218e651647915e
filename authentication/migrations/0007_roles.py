"""The shop's roles with their permissions, so that a migrated database has them; `sync_roles` keeps them."""

from typing import Any

from django.db import migrations

from authentication.roles import ROLES


def make_roles(apps: Any, schema_editor: Any) -> None:
    """Give each role what the table of roles says; Django makes permissions after all migrations, so here if need be."""
    known: dict[str, Any] = {}
    for name, permissions in sorted(ROLES.items()):
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        group.permissions.add(*(_permission(apps, full_name, known) for full_name in sorted(permissions)))


def _permission(apps: Any, full_name: str, known: dict[str, Any]) -> Any:
    if full_name not in known:
        app_label, _, codename = full_name.partition(".")
        verb, _, model = codename.partition("_")
        content_types = apps.get_model("contenttypes", "ContentType").objects
        content_type, _ = content_types.get_or_create(app_label=app_label, model=model)
        known[full_name], _ = apps.get_model("auth", "Permission").objects.get_or_create(
            content_type=content_type, codename=codename, defaults={"name": f"Can {verb} {model}"}
        )
    return known[full_name]


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("authentication", "0006_sign_in_places"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
