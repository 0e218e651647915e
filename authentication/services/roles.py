"""Making the groups of the database say what the table of roles says."""

from dataclasses import dataclass

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from authentication.roles import ROLES
from common.errors import InvalidInput


@dataclass(frozen=True)
class RoleChange:
    """What one role gained and lost."""

    name: str
    is_new: bool
    added: list[str]
    removed: list[str]


@transaction.atomic
def sync_roles() -> list[RoleChange]:
    """Create missing roles and set the permissions of each exactly; returns what changed, so nothing on a repeat.

    Other groups and who is in which group stay as they are. Raises InvalidInput that names permissions which do
    not exist, before anything is written.
    """
    known = _permissions_by_name()
    missing = sorted(set().union(*ROLES.values()) - known.keys())
    if missing:
        raise InvalidInput(f"No such permissions: {', '.join(missing)}.")
    changes = [_sync(name, wanted, known) for name, wanted in ROLES.items()]
    return [change for change in changes if change.is_new or change.added or change.removed]


def _permissions_by_name() -> dict[str, Permission]:
    permissions = Permission.objects.select_related("content_type")
    return {f"{permission.content_type.app_label}.{permission.codename}": permission for permission in permissions}


def _sync(name: str, wanted: set[str], known: dict[str, Permission]) -> RoleChange:
    group, is_new = Group.objects.get_or_create(name=name)
    names_by_id = {permission.pk: full_name for full_name, permission in known.items()}
    held = {names_by_id[pk] for pk in group.permissions.values_list("pk", flat=True)}
    group.permissions.set([known[full_name] for full_name in wanted])
    return RoleChange(name, is_new, added=sorted(wanted - held), removed=sorted(held - wanted))
