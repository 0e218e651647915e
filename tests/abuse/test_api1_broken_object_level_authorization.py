"""API1:2023 Broken object level authorization: what is another's looks on every door like what does not exist."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from orders.models import CartItem, Order
from products.models import Product
from shipping.models import ShippingMethod
from tests.abuse.conftest import ORDER_TOKEN, StaffClient, Victim
from tests.abuse.untouched import fields_of, refused, untouched
from tests.factories.authentication import AddressFactory, UserFactory
from tests.factories.jobs import checked_import, finished_export
from tests.factories.orders import ADDRESS, CartFactory, CartItemFactory
from tests.factories.payments import waiting_order
from tests.factories.products import ImageFactory, VariationFactory

pytestmark = pytest.mark.django_db

ORDER_DOORS = [
    ("get", ""),
    ("get", "explain/"),
    ("get", "invoices/"),
    ("get", "invoices/INV-000001/"),
    ("post", "cancel/"),
    ("post", "payments/"),
]
KEY = {"Idempotency-Key": "an-attack"}
PAYMENT = {"payment_method": "dummy", "details": {"token": "tok_ok"}}


def body_for(method: str, door: str) -> Any:
    return None if method == "get" else PAYMENT if door == "payments/" else {}


@pytest.mark.parametrize(("method", "door"), ORDER_DOORS)
def test_a_strangers_order_by_its_number(attacker_client: APIClient, victim: Victim, method: str, door: str) -> None:
    address = f"orders/{victim.unpaid.order_number}/{door}"

    refused(attacker_client, method, address, body_for(method, door), status=404, code="not_found", headers=KEY)


@pytest.mark.parametrize(("method", "door"), ORDER_DOORS)
def test_an_order_by_the_token_of_another(guest: APIClient, victim: Victim, method: str, door: str) -> None:
    headers = {**KEY, "X-Order-Token": ORDER_TOKEN}
    address = f"orders/{victim.unpaid.order_number}/{door}"

    refused(guest, method, address, body_for(method, door), status=404, code="not_found", headers=headers)


def test_a_strangers_order_has_the_body_of_none(attacker_client: APIClient, victim: Victim) -> None:
    theirs, none = (
        refused(attacker_client, "get", f"orders/{number}/", status=404, code="not_found").json()
        for number in (victim.order.order_number, "NOSUCHORDER")
    )

    assert {**theirs, "request_id": ""} == {**none, "request_id": ""}


def test_the_token_of_a_deleted_account_s_order_opens_no_list(guest: APIClient, victim: Victim) -> None:
    with untouched():
        answer = guest.get("/api/v1/orders/", headers={"X-Order-Token": f"{ORDER_TOKEN}x"})

    assert (answer.status_code, answer.json()["results"]) == (200, [])


@pytest.mark.parametrize("query", ["email=victim@example.com", "q=victim", "status=confirmed"])
def test_filters_reach_no_strangers_orders(attacker_client: APIClient, victim: Victim, query: str) -> None:
    with untouched():
        answer = attacker_client.get(f"/api/v1/orders/?{query}")

    assert (answer.status_code, answer.json()["results"]) == (200, [])


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_a_strangers_address_by_its_id(attacker_client: APIClient, victim: Victim, method: str) -> None:
    body = {"city": "Elsewhere"} if method == "patch" else None

    refused(attacker_client, method, f"addresses/{victim.address.pk}/", body, status=404, code="not_found")


@pytest.mark.parametrize("method", ["patch", "delete"])
def test_a_strangers_cart_line(shopper: APIClient, victim: Victim, method: str) -> None:
    body = {"quantity": 9} if method == "patch" else None

    refused(shopper, method, f"cart/items/{victim.line.pk}/", body, status=404, code="not_found")


@pytest.mark.parametrize("token", ["", "guess", "0" * 64])
def test_a_cart_by_a_guessed_token(guest: APIClient, victim: Victim, token: str) -> None:
    address = f"cart/items/{victim.line.pk}/"

    refused(guest, "delete", address, status=404, code="not_found", headers={"X-Cart-Token": token})


def test_the_stored_hash_of_a_cart_s_token_opens_no_cart(guest: APIClient, product: Product) -> None:
    item = CartItemFactory.create(cart=CartFactory.create(user=None, session_id="a" * 64), product=product)
    stored = CartItem.objects.select_related("cart").get(pk=item.pk).cart.session_id

    address = f"cart/items/{item.pk}/"
    refused(guest, "delete", address, status=404, code="not_found", headers={"X-Cart-Token": str(stored)})


@pytest.mark.parametrize("field", ["shipping_address", "billing_address"])
def test_a_strangers_address_inside_a_checkout(
    shopper: APIClient, victim: Victim, method: ShippingMethod, field: str
) -> None:
    body = {"shipping_address": ADDRESS, "shipping_method": method.pk, field: victim.address.pk}

    answer = refused(shopper, "post", "checkout/", body, status=400, code="invalid")

    assert fields_of(answer) == {field}
    assert b"Secret" not in answer.content


def test_a_strangers_address_inside_a_quote(shopper: APIClient, victim: Victim) -> None:
    answer = refused(
        shopper, "post", "checkout/quote/", {"shipping_address": victim.address.pk}, status=400, code="invalid"
    )

    assert b"Secret" not in answer.content


def test_a_variation_of_another_product_in_the_cart(shopper: APIClient, product: Product) -> None:
    variation = VariationFactory.create()
    own = VariationFactory.create().product

    body = {"product": own.pk, "variation": variation.pk, "quantity": 1}
    assert fields_of(refused(shopper, "post", "cart/items/", body, status=400, code="invalid")) == {"variation"}


@pytest.mark.parametrize("method", ["patch", "delete"])
@pytest.mark.parametrize("part", ["images", "variations"])
def test_a_part_of_another_product(staff_client: StaffClient, product: Product, part: str, method: str) -> None:
    editor = staff_client(*(f"products.{verb}_product{part[:-1]}" for verb in ("change", "delete")))
    foreign = ImageFactory.create() if part == "images" else VariationFactory.create()
    body: Any = {} if method == "patch" else None

    address = f"products/{product.slug}/{part}/{foreign.pk}/"
    refused(editor, method, address, body, status=404, code="not_found")


@pytest.mark.parametrize(
    ("method", "door"),
    [
        ("get", "imports/{import}/"),
        ("get", "imports/{import}/changes/"),
        ("get", "imports/{import}/refused/"),
        ("post", "imports/{import}/confirm/"),
        ("post", "imports/{import}/cancel/"),
        ("post", "imports/{import}/undo/"),
        ("get", "exports/{export}/"),
        ("get", "exports/{export}/file/"),
    ],
)
def test_a_job_of_a_subject_that_is_not_ones_own(staff_client: StaffClient, method: str, door: str) -> None:
    owner = UserFactory.create(is_staff_member=True)
    ids = {"import": checked_import(actor=owner).pk, "export": finished_export(actor=owner).pk}
    curious = staff_client("common.add_importjob", "common.add_exportjob", "common.change_importbatch")

    body: Any = {} if method == "post" else None
    refused(curious, method, door.format(**ids), body, status=404, code="not_found")


def test_a_refund_of_a_line_of_another_order(staff_client: StaffClient, victim: Victim) -> None:
    cashier = staff_client("payments.add_refund")
    foreign = waiting_order(user=victim.user).items.get()

    body = {"items": [{"order_item": foreign.pk, "quantity": 1}]}
    address = f"payments/{victim.payment.pk}/refunds/"
    refused(cashier, "post", address, body, status=400, code="invalid", headers=KEY)


def test_a_strangers_guest_order_cannot_be_taken_over_by_its_address(
    attacker_client: APIClient, attacker: Any, product: Product
) -> None:
    """An account whose address is not proven gets no guest's orders, whatever they were placed with."""
    order = waiting_order((product, 1), user=None, email=attacker.email)

    refused(attacker_client, "get", f"orders/{order.order_number}/", status=404, code="not_found")
    assert Order.objects.get(pk=order.pk).user_id is None


def test_the_default_of_another_book_stays(attacker_client: APIClient, attacker: Any, victim: Victim) -> None:
    AddressFactory.create(user=attacker)

    body = {"is_default": True}
    refused(attacker_client, "patch", f"addresses/{victim.address.pk}/", body, status=404, code="not_found")
