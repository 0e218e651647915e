"""GET orders/ and orders/{order_number}/: whose orders who may read."""

import base64
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from authentication.models import User
from common.registry import order_payments
from common.tokens import hash_token
from orders.models import Order
from tests.conftest import ApiClientFor
from tests.factories.authentication import staff_user
from tests.factories.orders import placed_order
from tests.factories.products import ProductFactory

pytestmark = pytest.mark.django_db

ORDERS = "/api/v1/orders/"


@pytest.fixture
def staff(client_for: ApiClientFor) -> APIClient:
    return client_for(staff_user("orders.view_order"))


def _numbers(answer: Any) -> list[str]:
    assert answer.status_code == 200
    return [order["order_number"] for order in answer.json()["results"]]


def test_a_user_sees_their_own_newest_first(user: User, user_client: APIClient) -> None:
    first, second = placed_order(user=user), placed_order(user=user)
    placed_order()

    assert _numbers(user_client.get(ORDERS)) == [second.order_number, first.order_number]


def test_pages_by_cursor(user: User, user_client: APIClient) -> None:
    orders = [placed_order(user=user) for _ in range(3)]

    first = user_client.get(ORDERS, {"page_size": 2})
    second = user_client.get(first.json()["next"])

    assert set(first.json()) == {"next", "previous", "results"}
    assert _numbers(first) + _numbers(second) == [order.order_number for order in reversed(orders)]
    assert second.json()["next"] is None


@pytest.mark.parametrize(
    "query",
    [
        {"page_size": 101},
        {"page_size": "x"},
        {"page_size": "000000001999"},
        {"cursor": "x"},
        {"cursor": "cD0lQzIlQjI="},
        {"cursor": base64.b64encode(b"p=" + 5000 * b"9").decode()},
        {"page": 2},
        {"user": 1},
    ],
)
def test_bad_parameters_are_refused(user_client: APIClient, query: dict[str, Any]) -> None:
    assert user_client.get(ORDERS, query).status_code == 400


def test_a_guest_sees_the_order_of_the_token(guest: APIClient) -> None:
    mine = placed_order(user=None, access_token_hash=hash_token("secret"))
    placed_order(user=None)

    assert _numbers(guest.get(ORDERS, headers={"X-Order-Token": "secret"})) == [mine.order_number]
    assert _numbers(guest.get(ORDERS, headers={"X-Order-Token": ""})) == []
    assert _numbers(guest.get(ORDERS)) == []


def test_staff_see_all(staff: APIClient) -> None:
    orders = [placed_order(), placed_order(user=None)]

    assert _numbers(staff.get(ORDERS)) == [order.order_number for order in reversed(orders)]


def test_the_right_without_being_staff_shows_nothing(client_for: ApiClientFor) -> None:
    placed_order()

    assert _numbers(client_for(staff_user("orders.view_order", is_staff_member=False)).get(ORDERS)) == []


def test_filters(staff: APIClient) -> None:
    noon = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0)
    blue = placed_order((ProductFactory.create(sku="BLUE-1"), 1), email="Blue@example.com", status="shipped")
    red = placed_order((ProductFactory.create(sku="RED-1"), 1), email="red@example.com", tracking_number="1Z999")
    red.shipping_address_snapshot["country"] = "DE"
    red.save()
    Order.objects.filter(id=blue.id).update(created_at=noon - timedelta(days=2))
    Order.objects.filter(id=red.id).update(created_at=noon)
    day_before = (noon - timedelta(days=1)).isoformat()

    found = {
        (name, value): _numbers(staff.get(ORDERS, {name: value}))
        for name, value in [
            ("status", "shipped"),
            ("created_after", day_before),
            ("created_before", day_before),
            ("email", "blue@EXAMPLE.com"),
            ("q", "red-1"),
            ("q", "1z99"),
            ("q", "blue@"),
            ("q", red.order_number[-6:].lower()),
            ("q", "%"),
            ("country", "de"),
            ("country", "US"),
        ]
    }

    assert list(found.values()) == [
        [blue.order_number],
        [red.order_number],
        [blue.order_number],
        [blue.order_number],
        [red.order_number],
        [red.order_number],
        [blue.order_number],
        [red.order_number],
        [],
        [red.order_number],
        [blue.order_number],
    ]


@pytest.mark.parametrize(
    "query",
    [
        {"country": "Germany"},
        {"status": "gone"},
        {"created_after": "yesterday"},
        {"q": "x" * 101},
        {"created_before": "9" * 30},
    ],
)
def test_bad_filters_are_named(staff: APIClient, query: dict[str, str]) -> None:
    answer = staff.get(ORDERS, query)

    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (400, list(query))


def test_statements_do_not_grow_with_the_orders(
    user: User, user_client: APIClient, django_assert_max_num_queries: Any
) -> None:
    for _ in range(5):
        placed_order((ProductFactory.create(), 1), (ProductFactory.create(), 2), user=user)

    with django_assert_max_num_queries(5):
        assert len(_numbers(user_client.get(ORDERS))) == 5


def test_payments_come_from_who_takes_them(user: User, user_client: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    order, other = placed_order(user=user), placed_order(user=user)
    payments = {order.id: [{"id": 1}], other.id: []}
    monkeypatch.setattr(order_payments, "_items", {"test": lambda ids: {key: payments[key] for key in ids}})

    assert user_client.get(f"{ORDERS}{order.order_number}/").json()["payments"] == [{"id": 1}]
    assert [body["payments"] for body in user_client.get(ORDERS).json()["results"]] == [[], [{"id": 1}]]


def test_one_order_in_any_case_with_an_etag(user: User, user_client: APIClient) -> None:
    order = placed_order(user=user)

    answer = user_client.get(f"{ORDERS}{order.order_number.lower()}/")
    again = user_client.get(f"{ORDERS}{order.order_number}/", headers={"If-None-Match": answer.headers["ETag"]})

    assert answer.json()["order_number"] == order.order_number
    assert (again.status_code, answer.headers["Cache-Control"]) == (304, "private, no-cache")


def test_what_is_not_yours_does_not_exist(guest: APIClient, user_client: APIClient) -> None:
    theirs = placed_order()
    guests = placed_order(user=None, access_token_hash=hash_token("secret"))

    bodies = []
    for client, token in ((guest, ""), (guest, "guess"), (user_client, "guess")):
        for number in (theirs.order_number, guests.order_number, "NOSUCH"):
            for method, path in (("get", ""), ("get", "explain/"), ("post", "cancel/")):
                answer = getattr(client, method)(f"{ORDERS}{number}/{path}", headers={"X-Order-Token": token})
                assert answer.status_code == 404
                bodies.append({**answer.json(), "request_id": ""})
    assert all(body == bodies[0] for body in bodies)
    assert set(Order.objects.values_list("status", flat=True)) == {"pending"}


def test_an_order_cannot_be_written(user: User, user_client: APIClient) -> None:
    order = placed_order(user=user)

    for method in ("put", "patch", "delete"):
        assert getattr(user_client, method)(f"{ORDERS}{order.order_number}/", {"total": "0.00"}).status_code == 405
