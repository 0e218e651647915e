"""The table of roles and `manage.py sync_roles`."""

from importlib import import_module
from io import StringIO

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.core.management import CommandError, call_command

from authentication import roles
from authentication.models import User
from authentication.services import roles as service
from tests.factories.authentication import UserFactory

pytestmark = pytest.mark.django_db
DANGEROUS = {
    "auth.add_group",
    "auth.change_group",
    "auth.change_permission",
    "authentication.delete_user",
    "authentication.change_refreshtoken",
    "products.delete_stockmovement",
    "orders.delete_order",
    "payments.delete_payment",
}


def sync() -> str:
    out = StringIO()
    call_command("sync_roles", stdout=out)
    return out.getvalue()


def held(name: str) -> set[str]:
    permissions = Permission.objects.filter(group__name=name)
    return {".".join(pair) for pair in permissions.values_list("content_type__app_label", "codename")}


def test_makes_every_role_with_exactly_its_permissions() -> None:
    said = sync()

    assert set(Group.objects.values_list("name", flat=True)) == {
        "Owner",
        "Catalogue manager",
        "Order desk",
        "Analyst",
        "Support",
    }
    assert said.count("new role") == 5
    for name, wanted in roles.ROLES.items():
        assert held(name) == wanted


def test_migrations_make_every_role_so_that_the_command_has_nothing_to_do() -> None:
    import_module("authentication.migrations.0007_roles").make_roles(apps, None)

    assert {name: held(name) for name in roles.ROLES} == roles.ROLES
    assert sync() == "The roles are as they should be.\n"


def test_migrations_make_permissions_that_are_not_there_yet() -> None:
    Permission.objects.filter(content_type__app_label="orders").delete()

    import_module("authentication.migrations.0007_roles").make_roles(apps, None)

    assert held("Analyst") == roles.ANALYST


def test_a_second_run_changes_nothing() -> None:
    sync()

    assert sync() == "The roles are as they should be.\n"
    assert Group.objects.count() == 5


def test_puts_back_what_was_changed_by_hand_and_keeps_members_and_other_groups() -> None:
    sync()
    support = Group.objects.get(name="Support")
    member = UserFactory.create()
    member.groups.add(support)
    own = Group.objects.create(name="Friends of the house")
    support.permissions.add(Permission.objects.get(codename="delete_order"))
    support.permissions.remove(Permission.objects.get(codename="view_order"))

    said = sync()

    assert said == "role Support: 1 added, 1 removed\n"
    assert held("Support") == roles.SUPPORT
    assert list(User.objects.get(pk=member.pk).groups.all()) == [support]
    assert Group.objects.filter(pk=own.pk).exists()


def test_a_permission_that_does_not_exist_is_named_and_nothing_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "ROLES", {"Analyst": {"analytics.view_everything", "orders.view_order"}})

    with pytest.raises(CommandError, match=r"analytics\.view_everything"):
        sync()
    assert Group.objects.count() == 0


@pytest.mark.parametrize("name", list(roles.ROLES))
def test_no_role_may_grant_rights_or_delete_the_books(name: str) -> None:
    assert roles.ROLES[name] & DANGEROUS == set()
