"""addresses/ and addresses/{id}/."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from authentication.models import Address, User
from authentication.services import addresses
from tests.factories.authentication import AddressFactory, UserFactory

pytestmark = pytest.mark.django_db
URL = "/api/v1/addresses/"
FORM = {
    "full_name": "Ada Buyer",
    "company": "Analytical Engines",
    "phone": "+1 555 0100",
    "address_line1": "1 Main Street",
    "address_line2": "Flat 2",
    "city": "Los Angeles",
    "state": "CA",
    "country": "US",
    "postal_code": "90001",
}


def url(address: Address) -> str:
    return f"{URL}{address.pk}/"


def place(**changes: Any) -> dict[str, Any]:
    return {**FORM, **changes}


def defaults_of(user: User) -> list[int]:
    return list(Address.objects.filter(user=user, is_default=True).values_list("pk", flat=True))


def test_the_first_is_the_default_and_all_of_it_comes_back(user_client: APIClient) -> None:
    answer = user_client.post(URL, {**FORM, "is_default": False})

    assert answer.status_code == 201
    body = answer.json()
    assert body == {"id": body["id"], **FORM, "is_default": True}
    assert user_client.get(f"{URL}{body['id']}/").json() == body


def test_only_the_place_is_needed(user_client: APIClient) -> None:
    needed = ("address_line1", "city", "state", "country", "postal_code")

    answer = user_client.post(URL, {name: FORM[name] for name in needed})

    assert answer.status_code == 201
    assert answer.json()["address_line2"] is None


def test_a_later_one_is_the_default_only_where_it_asks_to_be(user_client: APIClient, user: User) -> None:
    first = AddressFactory.create(user=user, is_default=True)

    second = user_client.post(URL, FORM).json()
    assert defaults_of(user) == [first.pk]
    third = user_client.post(URL, {**FORM, "is_default": True}).json()

    assert second["is_default"] is False
    assert defaults_of(user) == [third["id"]]


def test_the_list_is_the_callers_own_with_the_default_first(user_client: APIClient, user: User) -> None:
    older = AddressFactory.create(user=user, is_default=False)
    default, newer = (AddressFactory.create(user=user, is_default=is_it) for is_it in (True, False))
    AddressFactory.create()

    body = user_client.get(URL).json()

    assert body["count"] == 3
    assert [item["id"] for item in body["results"]] == [default.pk, newer.pk, older.pk]


def test_a_change_touches_what_is_sent(user_client: APIClient, user: User) -> None:
    address = AddressFactory.create(user=user, is_default=True)

    answer = user_client.patch(url(address), {"city": "Pasadena"})

    assert answer.status_code == 200
    assert answer.json()["city"] == "Pasadena"
    assert answer.json()["address_line1"] == address.address_line1
    assert defaults_of(user) == [address.pk]


def test_becoming_the_default_takes_the_place_of_the_old_one(user_client: APIClient, user: User) -> None:
    AddressFactory.create(user=user, is_default=True)
    other = AddressFactory.create(user=user)

    answer = user_client.patch(url(other), {"is_default": True})

    assert answer.json()["is_default"] is True
    assert defaults_of(user) == [other.pk]


def test_a_default_that_gives_up_its_place_hands_it_to_the_newest(user_client: APIClient, user: User) -> None:
    default, _middle, newest = (AddressFactory.create(user=user, is_default=is_it) for is_it in (True, False, False))

    answer = user_client.patch(url(default), {"is_default": False, "city": "Pasadena"})

    assert answer.json()["is_default"] is False
    assert answer.json()["city"] == "Pasadena"
    assert defaults_of(user) == [newest.pk]


def test_the_only_one_stays_the_default(user_client: APIClient, user: User) -> None:
    only = AddressFactory.create(user=user, is_default=True)

    assert user_client.patch(url(only), {"is_default": False}).json()["is_default"] is True


def test_deleting_the_default_promotes_the_newest(user_client: APIClient, user: User) -> None:
    default, _middle, newest = (AddressFactory.create(user=user, is_default=is_it) for is_it in (True, False, False))

    answer = user_client.delete(url(default))

    assert answer.status_code == 204
    assert user_client.get(url(default)).status_code == 404
    assert defaults_of(user) == [newest.pk]


def test_deleting_another_leaves_the_default(user_client: APIClient, user: User) -> None:
    default = AddressFactory.create(user=user, is_default=True)
    other = AddressFactory.create(user=user)

    user_client.delete(url(other))

    assert defaults_of(user) == [default.pk]


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_a_strangers_address_looks_like_none(user_client: APIClient, method: str) -> None:
    stranger = UserFactory.create()
    theirs = AddressFactory.create(user=stranger, is_default=True)
    before = Address.objects.values().get()

    answer = getattr(user_client, method)(url(theirs), {"city": "Taken"} if method == "patch" else None)
    none = getattr(user_client, method)(f"{URL}999999999/", {"city": "Taken"} if method == "patch" else None)

    assert answer.status_code == none.status_code == 404
    assert {**answer.json(), "request_id": ""} == {**none.json(), "request_id": ""}
    assert Address.objects.values().get() == before


@pytest.mark.parametrize("number", ["0", "99999999999999999999999999"])
def test_an_id_out_of_range_is_none(user_client: APIClient, number: str) -> None:
    assert user_client.get(f"{URL}{number}/").status_code == 404


def test_put_is_refused(user_client: APIClient, user: User) -> None:
    assert user_client.put(url(AddressFactory.create(user=user)), FORM).status_code == 405


def test_guests_have_no_addresses(guest: APIClient) -> None:
    address = AddressFactory.create()

    answers = [
        guest.get(URL),
        guest.post(URL, FORM),
        guest.get(url(address)),
        guest.patch(url(address), {"city": "Taken"}),
        guest.delete(url(address)),
    ]

    assert [answer.status_code for answer in answers] == [401] * 5
    assert Address.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"country": "XX"}, "country", "unknown_country"),
        ({"country": "ZZ"}, "country", "unknown_country"),
        ({"country": "UK"}, "country", "unknown_country"),
        ({"country": "USA"}, "country", "max_length"),
        ({"country": "United States"}, "country", "max_length"),
        ({"country": "../"}, "country", "max_length"),
        ({"country": ".."}, "country", "unknown_country"),
        ({"country": ""}, "country", "blank"),
        ({"state": ""}, "state", "required"),
        ({"state": "Bavaria"}, "state", "unknown_state"),
        ({"postal_code": ""}, "postal_code", "required"),
        ({"postal_code": "SW1A 1AA"}, "postal_code", "invalid_postal_code"),
        ({"postal_code": "9" * 21}, "postal_code", "max_length"),
        ({"city": ""}, "city", "blank"),
        ({"city": "a\x00"}, "city", "null_characters_not_allowed"),
        ({"city": {"name": "LA"}}, "city", "invalid"),
        ({"address_line1": "x" * 256}, "address_line1", "max_length"),
        ({"is_default": "perhaps"}, "is_default", "invalid"),
        ({"user": 1}, "user", "unknown_field"),
        ({"id": 1}, "id", "unknown_field"),
    ],
)
def test_bad_input_is_named_and_writes_nothing(
    user_client: APIClient, changes: dict[str, Any], field: str, code: str
) -> None:
    answer = user_client.post(URL, place(**changes))

    assert answer.status_code == 400
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [(field, code)]
    assert Address.objects.count() == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"country": "us"},
        {"state": "California"},
        {"country": "CA", "state": "ON", "postal_code": "k1a 0b1"},
        {"country": "DE", "state": "", "postal_code": "10115"},
        {"country": "DE", "state": "Bayern", "postal_code": "80331"},
        {"country": "GB", "state": "", "postal_code": "SW1A 1AA"},
        {"country": "IE", "state": "", "postal_code": ""},
        {"country": "IN", "state": "MH", "postal_code": "400001"},
        {"country": "IN", "state": "Maharashtra", "postal_code": "400001"},
        {"country": "JP", "state": "Tokyo", "postal_code": "100-0001"},
        {"country": "AE", "state": "Dubai", "postal_code": ""},
        {"country": "HK", "state": "Kowloon", "postal_code": ""},
    ],
)
def test_places_as_people_write_them_are_taken(user_client: APIClient, changes: dict[str, Any]) -> None:
    answer = user_client.post(URL, place(**changes))

    assert answer.status_code == 201, answer.json()
    assert answer.json()["country"] == changes.get("country", "US").upper()


def test_a_change_is_held_against_the_whole_place(user_client: APIClient, user: User) -> None:
    address = AddressFactory.create(user=user)

    answer = user_client.patch(url(address), {"country": "GB"})

    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == ["postal_code"]
    address.refresh_from_db()
    assert address.country == "US"


def test_a_book_holds_only_so_many(user_client: APIClient, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "MOST_ADDRESSES", 2)
    user_client.post(URL, FORM)
    user_client.post(URL, FORM)

    answer = user_client.post(URL, FORM)

    assert answer.status_code == 409
    assert answer.json()["code"] == "address_book_full"
    assert Address.objects.count() == 2


def test_a_key_makes_one_address(user_client: APIClient) -> None:
    first = user_client.post(URL, FORM, headers={"Idempotency-Key": "k1"})
    second = user_client.post(URL, FORM, headers={"Idempotency-Key": "k1"})

    assert second.json() == first.json()
    assert second["Idempotent-Replayed"] == "true"
    assert Address.objects.count() == 1


def test_unknown_parameters_are_refused(user_client: APIClient) -> None:
    assert user_client.get(f"{URL}?user=1").json()["code"] == "unknown_field"
