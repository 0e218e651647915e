"""POST orders/{order_number}/cancel/, process/, ship/ and deliver/: who may move an order, and from where."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from authentication.models import User
from common.tokens import hash_token
from orders.models import Order
from products.models import Product
from tests.conftest import ApiClientFor
from tests.factories.authentication import staff_user
from tests.factories.orders import placed_order
from tests.factories.products import ProductFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def product() -> Product:
    return ProductFactory.create(stock=10)


@pytest.fixture
def order(user: User, product: Product) -> Order:
    return placed_order((product, 4), user=user)


@pytest.fixture
def packer(client_for: ApiClientFor) -> APIClient:
    return client_for(staff_user("orders.change_order"))


def _post(client: APIClient, order: Order, move: str, body: Any = None, **headers: str) -> Any:
    return client.post(f"/api/v1/orders/{order.order_number}/{move}/", body or {}, headers=headers)


def test_from_paid_to_delivered(packer: APIClient, order: Order) -> None:
    Order.objects.update(status="confirmed")

    bodies = [
        _post(packer, order, "process").json(),
        _post(packer, order, "ship", {"tracking_number": "1Z9"}).json(),
        _post(packer, order, "deliver").json(),
    ]

    assert [body["status"] for body in bodies] == ["processing", "shipped", "delivered"]
    assert bodies[2]["tracking_number"] == "1Z9"
    assert [event["code"] for event in bodies[2]["events"]] == ["processing", "shipped", "delivered"]


def test_a_move_from_elsewhere_is_refused(packer: APIClient, order: Order) -> None:
    answer = _post(packer, order, "ship", {"tracking_number": "1Z9"})

    body = answer.json()
    assert (answer.status_code, body["code"], body["from"], body["to"]) == (
        409,
        "invalid_transition",
        "pending",
        "shipped",
    )
    assert Order.objects.get().status == "pending"


@pytest.mark.parametrize("move", ["process", "ship", "deliver"])
def test_customers_do_not_move_their_order(user_client: APIClient, guest: APIClient, order: Order, move: str) -> None:
    Order.objects.update(status="confirmed")

    assert _post(user_client, order, move).status_code == 403
    assert _post(guest, order, move).status_code == 401
    assert Order.objects.get().status == "confirmed"


@pytest.mark.parametrize(
    ("move", "body", "field"),
    [
        ("ship", {}, "tracking_number"),
        ("ship", {"tracking_number": ""}, "tracking_number"),
        ("ship", {"tracking_number": "x" * 256}, "tracking_number"),
        ("process", {"status": "delivered"}, "status"),
        ("deliver", {"at": "now"}, "at"),
        ("cancel", {"reason": "x" * 501}, "reason"),
    ],
)
def test_bad_input_is_named(packer: APIClient, order: Order, move: str, body: dict[str, str], field: str) -> None:
    answer = _post(packer, order, move, body)

    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (400, [field])
    assert Order.objects.get().status == "pending"


def test_an_order_that_does_not_exist(packer: APIClient) -> None:
    for move, body in (("process", {}), ("ship", {"tracking_number": "1Z9"}), ("deliver", {}), ("cancel", {})):
        assert packer.post(f"/api/v1/orders/NOSUCH/{move}/", body).status_code == 404


@pytest.mark.parametrize(
    ("status", "owners", "staffs"),
    [
        ("pending", 200, 200),
        ("confirmed", 200, 200),
        ("processing", 409, 200),
        ("shipped", 409, 409),
        ("delivered", 409, 409),
        ("cancelled", 409, 409),
        ("refunded", 409, 409),
    ],
)
@pytest.mark.parametrize("who", ["owner", "staff"])
def test_who_cancels_until_when(
    packer: APIClient, user_client: APIClient, order: Order, who: str, status: str, owners: int, staffs: int
) -> None:
    Order.objects.update(status=status)

    answer = _post(user_client if who == "owner" else packer, order, "cancel")

    assert answer.status_code == (owners if who == "owner" else staffs)


def test_cancelling_gives_back_once(user_client: APIClient, order: Order, product: Product) -> None:
    body = _post(user_client, order, "cancel", {"reason": "Changed my mind"}).json()
    again = _post(user_client, order, "cancel")

    assert (body["status"], body["events"][-1]["detail"]) == ("cancelled", "Changed my mind")
    assert (again.status_code, again.json()["code"]) == (409, "invalid_transition")
    product.refresh_from_db()
    assert product.stock_quantity == 10


def test_a_guest_cancels_with_the_token(guest: APIClient) -> None:
    order = placed_order(user=None, access_token_hash=hash_token("secret"))

    assert _post(guest, order, "cancel", **{"X-Order-Token": "guess"}).status_code == 404
    assert _post(guest, order, "cancel", **{"X-Order-Token": "secret"}).json()["status"] == "cancelled"


def test_who_may_only_look_does_not_cancel(client_for: ApiClientFor, order: Order) -> None:
    viewer = client_for(staff_user("orders.view_order"))

    assert _post(viewer, order, "cancel").status_code == 403
    assert Order.objects.get().status == "pending"
