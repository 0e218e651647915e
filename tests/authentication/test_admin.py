"""Accounts in the admin site."""

from typing import Any

import pytest
from django.contrib.admin import ModelAdmin
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from authentication.models import Address, OneTimeToken, RefreshToken, User
from authentication.services import privacy, sessions
from tests.factories.authentication import PASSWORD, AddressFactory, UserFactory, grant

pytestmark = pytest.mark.django_db
USERS = "/admin/authentication/user/"


@pytest.fixture
def root(client: Client) -> Client:
    client.force_login(UserFactory.create(email="root@example.com", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def support() -> Client:
    """A member of staff who may view, add and change users, and nothing else."""
    user = UserFactory.create(email="support@example.com", is_staff=True)
    grant(user, "authentication.view_user", "authentication.change_user", "authentication.add_user", "auth.view_group")
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def customer() -> User:
    return UserFactory.create(email="ada@example.com", first_name="Ada")


def form_of(user: User, **changes: Any) -> dict[str, Any]:
    form = {
        "email": user.email,
        "username": user.username,
        "is_active": "on",
        "first_name": user.first_name,
        "last_name": user.last_name,
        "phone": user.phone,
        "additional_details": "{}",
        "addresses-TOTAL_FORMS": "0",
        "addresses-INITIAL_FORMS": "0",
    }
    return {name: value for name, value in {**form, **changes}.items() if value is not None}


def change_url(user: User) -> str:
    return f"{USERS}{user.pk}/change/"


@pytest.mark.parametrize("model", [User, Group, Address, RefreshToken, OneTimeToken])
def test_every_list_and_page_opens_and_searches(root: Client, guest: APIClient, model: Any) -> None:
    guest.post("/api/v1/auth/register/", {"email": "ada@example.com", "password": PASSWORD})
    user = User.objects.get(email="ada@example.com")
    user.groups.add(Group.objects.create(name="Ada's friends"))
    AddressFactory.create(user=user, full_name="Ada")
    path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")

    listed = root.get(path, {"q": "ada"})

    assert listed.status_code == 200
    assert listed.context["cl"].result_count == 1
    found = listed.context["cl"].result_list[0]
    assert root.get(f"{path}{found.pk}/change/").status_code == 200


def test_no_page_shows_a_secret(root: Client, guest: APIClient) -> None:
    guest.post("/api/v1/auth/register/", {"email": "ada@example.com", "password": PASSWORD})
    token, link = RefreshToken.objects.get(), OneTimeToken.objects.get()
    OneTimeToken.objects.update(token_hash="a" * 64, details={"password": "md5$hash"})

    pages = [
        root.get(f"/admin/authentication/refreshtoken/{token.pk}/change/").content.decode(),
        root.get(f"/admin/authentication/onetimetoken/{link.pk}/change/").content.decode(),
    ]

    for secret in (token.token_hash, token.stamp, "a" * 64, "md5$hash"):
        assert all(secret not in page for page in pages)


@pytest.mark.parametrize("model", [Address, RefreshToken, OneTimeToken])
def test_what_services_write_is_read_only(root: Client, guest: APIClient, model: Any) -> None:
    guest.post("/api/v1/auth/register/", {"email": "ada@example.com", "password": PASSWORD})
    AddressFactory.create()
    row = model.objects.get()
    path = reverse(f"admin:authentication_{model._meta.model_name}_changelist")

    assert root.get(f"{path}add/").status_code == 403
    assert root.post(f"{path}{row.pk}/change/", {}).status_code == 403
    assert root.post(f"{path}{row.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_superuser_adds_a_user_who_signs_in(root: Client, guest: APIClient) -> None:
    form = {"email": "New@Example.com", "username": "newcomer", "password1": PASSWORD, "password2": PASSWORD}

    answer = root.post(f"{USERS}add/", {**form, "usable_password": "true"})

    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert guest.post("/api/v1/auth/token/", {"email": "new@example.com", "password": PASSWORD}).status_code == 200


def test_a_taken_address_in_another_case_is_a_form_error(root: Client, customer: User) -> None:
    form = {"email": "ADA@example.com", "username": "newcomer", "password1": PASSWORD, "password2": PASSWORD}

    answer = root.post(f"{USERS}add/", {**form, "usable_password": "true"})

    assert answer.status_code == 200
    assert "email" in answer.context["adminform"].form.errors


def test_a_superuser_gives_rights(root: Client, customer: User) -> None:
    group = Group.objects.create(name="Analyst")

    answer = root.post(change_url(customer), form_of(customer, is_staff="on", groups=[group.pk]))

    assert answer.status_code == 302
    customer.refresh_from_db()
    assert customer.is_staff
    assert list(customer.groups.all()) == [group]


@pytest.mark.parametrize("right", ["is_staff", "is_superuser", "is_staff_member"])
def test_other_staff_change_customers_but_give_no_rights(support: Client, customer: User, right: str) -> None:
    group = Group.objects.create(name="Owner")

    answer = support.post(
        change_url(customer), form_of(customer, first_name="Augusta", groups=[group.pk], **{right: "on"})
    )

    assert answer.status_code == 302
    customer.refresh_from_db()
    assert customer.first_name == "Augusta"
    assert getattr(customer, right) is False
    assert customer.groups.count() == 0


@pytest.mark.parametrize("rights", [{"is_superuser": True}, {"is_staff": True}, {"is_staff_member": True}])
def test_other_staff_do_not_touch_accounts_with_rights(support: Client, rights: dict[str, bool]) -> None:
    boss = UserFactory.create(email="boss@example.com", **rights)

    assert support.post(change_url(boss), form_of(boss, email="mine@example.com")).status_code == 403
    assert support.post(f"{USERS}{boss.pk}/password/", {}).status_code == 403
    boss.refresh_from_db()
    assert boss.email == "boss@example.com"


def test_other_staff_do_not_sign_privileged_accounts_out(support: Client) -> None:
    boss = UserFactory.create(is_superuser=True)

    support.post(USERS, {"action": "end_sessions", "_selected_action": [boss.pk]})

    boss.refresh_from_db()
    assert boss.session_generation == 0


def test_other_staff_set_nobodys_password(support: Client, customer: User) -> None:
    form = {"password1": "another-horse-battery", "password2": "another-horse-battery", "usable_password": "true"}

    assert support.post(f"{USERS}{customer.pk}/password/", form).status_code == 403
    customer.refresh_from_db()
    assert customer.check_password(PASSWORD)


def test_other_staff_do_not_change_roles(support: Client) -> None:
    group = Group.objects.create(name="Support")

    assert support.post(f"/admin/auth/group/{group.pk}/change/", {"name": "Owner"}).status_code == 403
    assert support.get("/admin/auth/group/add/").status_code == 403


def test_a_password_set_here_ends_the_users_sessions(root: Client, guest: APIClient, customer: User) -> None:
    refresh = sessions.begin_session(user=customer).refresh
    form = {"password1": "another-horse-battery", "password2": "another-horse-battery", "usable_password": "true"}

    answer = root.post(f"{USERS}{customer.pk}/password/", form)

    assert answer.status_code == 302
    assert guest.post("/api/v1/auth/token/refresh/", {"refresh": refresh}).status_code == 401


def test_an_address_typed_by_staff_is_unproven(root: Client, customer: User) -> None:
    User.objects.filter(pk=customer.pk).update(email_verified_at=customer.date_joined)

    root.post(change_url(customer), form_of(customer, email="Typed@example.com"))

    customer.refresh_from_db()
    assert (customer.email, customer.email_verified_at) == ("typed@example.com", None)


def test_nobody_deletes_accounts(root: Client, customer: User) -> None:
    assert root.post(f"{USERS}{customer.pk}/delete/", {"post": "yes"}).status_code == 403
    root.post(USERS, {"action": "delete_selected", "_selected_action": [customer.pk], "post": "yes"})

    assert User.objects.filter(pk=customer.pk).exists()


def test_signing_out_everywhere_is_an_action(root: Client, guest: APIClient, customer: User) -> None:
    refresh = sessions.begin_session(user=customer).refresh

    root.post(USERS, {"action": "end_sessions", "_selected_action": [customer.pk]})

    assert guest.post("/api/v1/auth/token/refresh/", {"refresh": refresh}).status_code == 401


def test_erasing_is_for_deactivated_accounts_and_superusers(root: Client, support: Client, customer: User) -> None:
    closed = UserFactory.create(email="closed@example.com", is_active=False)
    chosen = {"action": "erase", "_selected_action": [customer.pk, closed.pk]}

    refused = support.post(USERS, chosen)
    root.post(USERS, chosen)

    assert refused.status_code == 403
    assert User.objects.get(pk=customer.pk).email == "ada@example.com"
    assert User.objects.get(pk=closed.pk).email.endswith("@erased.invalid")


def test_an_erased_account_is_never_filled_again(root: Client, customer: User) -> None:
    privacy.erase_account(user_id=customer.pk)
    customer.refresh_from_db()

    answer = root.post(change_url(customer), form_of(customer, first_name="Ada"))

    customer.refresh_from_db()
    assert answer.status_code == 403
    assert (customer.first_name, customer.is_active) == ("", False)


def test_a_form_writes_back_nothing_that_changed_beside_it(
    root: Client, customer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another request signs the customer out after the page was asked for and before its row is locked."""
    read = ModelAdmin.get_object

    def read_then_wait(*args: Any) -> Any:
        user = read(*args)
        sessions.end_all_sessions(user_id=customer.pk)
        return user

    monkeypatch.setattr(ModelAdmin, "get_object", read_then_wait)
    root.post(change_url(customer), form_of(customer, first_name="Grace"))

    customer.refresh_from_db()
    assert (customer.first_name, customer.session_generation) == ("Grace", 1)


def test_sessions_of_an_account_closed_here_do_not_come_back(root: Client, guest: APIClient, customer: User) -> None:
    refresh = sessions.begin_session(user=customer).refresh

    root.post(change_url(customer), form_of(customer, is_active=None))
    closed = User.objects.get(pk=customer.pk)
    User.objects.filter(pk=customer.pk).update(is_active=True)

    assert not closed.is_active
    assert guest.post("/api/v1/auth/token/refresh/", {"refresh": refresh}).status_code == 401
