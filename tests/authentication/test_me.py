"""GET and PATCH auth/me/."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from authentication.models import User
from tests.factories.authentication import UserFactory

pytestmark = pytest.mark.django_db
URL = "/api/v1/auth/me/"


def nested(depth: int) -> dict[str, Any]:
    return {"deeper": nested(depth - 1)} if depth else {}


def test_shows_the_profile_and_no_more(user_client: APIClient, user: User) -> None:
    answer = user_client.get(URL)

    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    assert answer.json() == {
        "id": user.pk,
        "email": user.email,
        "username": user.username,
        "first_name": "",
        "last_name": "",
        "phone": "",
        "is_staff_member": False,
        "email_verified_at": None,
        "date_joined": user.date_joined.isoformat().replace("+00:00", "Z"),
        "additional_details": {},
    }


def test_changes_what_is_sent_and_nothing_else(user_client: APIClient, user: User) -> None:
    answer = user_client.patch(URL, {"first_name": "Ada", "additional_details": {"size": "M", "tags": ["a", None]}})

    assert answer.status_code == 200
    assert answer.json()["first_name"] == "Ada"
    changed = User.objects.get()
    assert (changed.first_name, changed.last_name) == ("Ada", "")
    assert changed.additional_details == {"size": "M", "tags": ["a", None]}
    assert (changed.email, changed.password) == (user.email, user.password)


def test_an_empty_change_changes_nothing(user_client: APIClient, user: User) -> None:
    assert user_client.patch(URL, {}).status_code == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("is_staff", True),
        ("is_superuser", True),
        ("is_staff_member", True),
        ("is_active", False),
        ("groups", [1]),
        ("user_permissions", [1]),
        ("id", 999),
        ("email", "other@example.com"),
        ("email_verified_at", "2020-01-01T00:00:00Z"),
        ("date_joined", "2020-01-01T00:00:00Z"),
        ("password", "another-horse-battery"),
        ("session_generation", 7),
        ("loyalty", 100),
    ],
)
def test_nobody_promotes_themselves(user_client: APIClient, user: User, field: str, value: object) -> None:
    before = User.objects.values().get()

    answer = user_client.patch(URL, {"first_name": "Eve", field: value})

    assert answer.status_code == 400
    assert answer.json()["code"] == "unknown_field"
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert User.objects.values().get() == before


def test_a_taken_user_name_is_refused(user_client: APIClient, user: User) -> None:
    UserFactory.create(username="taken")

    answer = user_client.patch(URL, {"username": "taken"})

    assert answer.status_code == 400
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [("username", "username_taken")]


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("first_name", "a\x00", "null_characters_not_allowed"),
        ("first_name", "a" * 151, "max_length"),
        ("first_name", None, "null"),
        ("first_name", {"a": 1}, "invalid"),
        ("phone", "1" * 16, "max_length"),
        ("phone", "<script>", "invalid"),
        ("username", "", "blank"),
        ("username", "a@b", "invalid"),
        ("additional_details", [], "not_an_object"),
        ("additional_details", "text", "not_an_object"),
        ("additional_details", None, "null"),
        ("additional_details", {"a": "b\x00"}, "null_characters_not_allowed"),
        ("additional_details", {"a\x00": 1}, "null_characters_not_allowed"),
        ("additional_details", {"a": "x" * 8_000}, "too_large"),
        ("additional_details", nested(6), "too_deep"),
        ("additional_details", {"a": [[[[[[]]]]]]}, "too_deep"),
    ],
)
def test_bad_input_is_named_and_changes_nothing(
    user_client: APIClient, user: User, field: str, value: object, code: str
) -> None:
    before = User.objects.values().get()

    answer = user_client.patch(URL, {field: value})

    assert answer.status_code == 400
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [(field, code)]
    assert User.objects.values().get() == before


def test_details_of_five_levels_and_any_script_are_kept(user_client: APIClient, user: User) -> None:
    details = {**nested(5), "name": "Zoë \\u0000 日本", "count": 12}

    assert user_client.patch(URL, {"additional_details": details}).status_code == 200
    assert User.objects.get().additional_details == details


def test_guests_have_no_profile(guest: APIClient) -> None:
    assert guest.get(URL).status_code == 401
    assert guest.patch(URL, {"first_name": "Eve"}).status_code == 401


def test_other_methods_are_refused(user_client: APIClient) -> None:
    assert user_client.put(URL, {}).status_code == 405
    assert user_client.post(URL, {}).status_code == 405


@pytest.mark.parametrize("number", [1e308, -1e16, 2**53 + 1])
def test_details_keep_only_numbers_that_come_back_as_they_were(user_client: APIClient, number: float) -> None:
    refused = user_client.patch(URL, {"additional_details": {"sizes": [number]}})

    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (400, "number_too_large")
    assert user_client.patch(URL, {"additional_details": {"sizes": [2**53, -1.5]}}).status_code == 200
    assert user_client.get(URL).json()["additional_details"] == {"sizes": [2**53, -1.5]}
