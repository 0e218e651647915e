"""Nobody grants what they lack, through any door; and rights count from the next request."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from authentication.models import User
from authentication.roles import ROLES
from tests.conftest import ApiClientFor
from tests.factories.authentication import PASSWORD, UserFactory, grant
from tests.factories.products import ProductFactory

pytestmark = pytest.mark.django_db
RIGHTS = ("is_staff_member", "is_staff", "is_superuser")
ROLES_OF_STAFF = ("Owner", "Catalogue manager", "Order desk", "Analyst", "Support")


@pytest.fixture(autouse=True)
def _roles() -> None:
    call_command("sync_roles", stdout=StringIO())


def member_of(role: str) -> User:
    user = UserFactory.create(is_staff=True, is_staff_member=True)
    user.groups.add(Group.objects.get(name=role))
    return user


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def _form(user: User, **changes: Any) -> dict[str, Any]:
    return {
        "email": user.email,
        "username": user.username,
        "is_active": "on",
        "first_name": "Changed",
        "additional_details": "{}",
        "addresses-TOTAL_FORMS": "0",
        "addresses-INITIAL_FORMS": "0",
        **changes,
    }


def _rights(user: User) -> tuple[Any, ...]:
    found = User.objects.get(pk=user.pk)
    return (
        *(getattr(found, name) for name in RIGHTS),
        set(found.groups.values_list("name", flat=True)),
        found.user_permissions.count(),
        found.password,
        found.email,
    )


@pytest.mark.parametrize("role", ROLES_OF_STAFF)
def test_no_role_gives_a_customer_or_itself_any_right_in_the_admin(role: str) -> None:
    actor, customer = member_of(role), UserFactory.create()
    grants = {
        **dict.fromkeys(RIGHTS, "on"),
        "groups": [str(pk) for pk in Group.objects.values_list("pk", flat=True)],
        "user_permissions": [str(Permission.objects.get(codename="delete_order").pk)],
        "password": "x",
    }
    for target in (customer, actor):
        before = _rights(target)
        answer = signed_in(actor).post(
            reverse("admin:authentication_user_change", args=[target.pk]), _form(target, **grants)
        )

        assert answer.status_code in {302, 403}
        assert _rights(target) == before


@pytest.mark.parametrize("role", ROLES_OF_STAFF)
def test_no_role_touches_a_superuser_or_a_colleague(role: str) -> None:
    client = signed_in(member_of(role))
    for target in (UserFactory.create(is_superuser=True, is_staff=True), member_of("Analyst")):
        before = _rights(target)
        page = reverse("admin:authentication_user_change", args=[target.pk])
        new = {"password1": "another-horse-battery", "password2": "another-horse-battery"}

        assert client.post(page, _form(target, email="mine@example.com")).status_code == 403
        assert client.post(reverse("admin:auth_user_password_change", args=[target.pk]), new).status_code == 403
        assert _rights(target) == before


@pytest.mark.parametrize("role", ROLES_OF_STAFF)
def test_no_role_changes_roles(role: str) -> None:
    group = Group.objects.get(name=role)
    before = set(group.permissions.values_list("pk", flat=True))

    answer = signed_in(member_of(role)).post(
        reverse("admin:auth_group_change", args=[group.pk]), {"name": role, "permissions": ["1", "2"]}
    )

    assert answer.status_code == 403
    assert set(group.permissions.values_list("pk", flat=True)) == before


def test_an_account_added_by_a_role_has_no_right() -> None:
    form = {
        "email": "new@example.com",
        "username": "new",
        "password1": "another-horse-battery",
        "password2": "another-horse-battery",
        **dict.fromkeys(RIGHTS, "on"),
    }

    answer = signed_in(member_of("Owner")).post(reverse("admin:authentication_user_add"), form)

    assert answer.status_code == 302
    assert not User.objects.get(email="new@example.com").has_rights()


def test_a_file_of_customers_that_would_give_rights_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    file.write_text(
        "email,username,first_name,is_staff,is_superuser,is_staff_member,groups\n"
        "ada@example.com,ada,Ada,yes,yes,yes,Owner\n"
    )

    with pytest.raises(CommandError, match="unknown columns: is_staff, is_superuser, is_staff_member, groups"):
        call_command("import_customers", str(file), stdout=StringIO(), stderr=StringIO())

    assert not User.objects.filter(email="ada@example.com").exists()


@pytest.mark.parametrize("field", [*RIGHTS, "groups", "user_permissions", "is_active"])
def test_nobody_gives_themselves_rights_by_the_api(user: User, user_client: APIClient, field: str) -> None:
    before = _rights(user)

    answer = user_client.patch("/api/v1/auth/me/", {field: True})

    assert answer.status_code == 400
    assert _rights(user) == before


def test_a_right_taken_or_given_counts_from_the_next_request(client_for: ApiClientFor) -> None:
    user = UserFactory.create(is_staff_member=True)
    product = ProductFactory.create()
    client, page = client_for(user), f"/api/v1/products/{product.slug}/"

    assert client.patch(page, {"name": "One"}).status_code == 403
    grant(user, "products.change_product")
    assert client.patch(page, {"name": "Two"}).status_code == 200
    User.objects.filter(pk=user.pk).update(is_staff_member=False)
    assert client.patch(page, {"name": "Three"}).status_code == 403
    User.objects.filter(pk=user.pk).update(is_staff_member=True)
    user.user_permissions.clear()
    assert client.patch(page, {"name": "Four"}).status_code == 403

    product.refresh_from_db()
    assert product.name == "Two"


@pytest.mark.parametrize(("is_staff", "is_staff_member"), [(True, False), (False, True), (True, True), (False, False)])
def test_one_flag_opens_the_admin_and_the_other_the_api(
    is_staff: bool, is_staff_member: bool, client_for: ApiClientFor, guest: APIClient
) -> None:
    user = UserFactory.create(is_staff=is_staff, is_staff_member=is_staff_member)
    user.groups.add(Group.objects.get(name="Order desk"))

    in_admin = signed_in(user).get(reverse("admin:orders_order_changelist")).status_code
    in_api = client_for(user).get("/api/v1/coupons/").status_code

    assert in_admin == (200 if is_staff else 302)
    assert in_api == (200 if is_staff_member else 403)


@pytest.mark.parametrize("role", ROLES_OF_STAFF)
def test_the_admin_and_the_api_obey_the_same_table(role: str, client_for: ApiClientFor) -> None:
    user = member_of(role)
    pages = {
        "orders.view_coupon": ("orders_coupon", "/api/v1/coupons/"),
        "orders.view_taxrate": ("orders_taxrate", "/api/v1/tax-rates/"),
        "products.view_stockmovement": ("products_stockmovement", "/api/v1/inventory/movements/"),
        "common.view_auditentry": ("common_auditentry", "/api/v1/audit/"),
    }
    for permission, (page, address) in pages.items():
        expected = 200 if permission in ROLES[role] else 403
        assert signed_in(user).get(reverse(f"admin:{page}_changelist")).status_code == expected, permission
        assert client_for(user).get(address).status_code == expected, permission
    assert user.check_password(PASSWORD)
