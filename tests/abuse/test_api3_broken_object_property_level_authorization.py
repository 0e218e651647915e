"""API3:2023 Broken object property level authorization: fields that only the server sets, and fields not to be seen."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from products.models import Product
from shipping.models import ShippingMethod
from tests.abuse.conftest import StaffClient, Victim
from tests.abuse.untouched import PREFIX, fields_of, refused, untouched
from tests.factories.authentication import PASSWORD
from tests.factories.orders import ADDRESS
from tests.factories.products import ReviewFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("is_staff", True),
        ("is_superuser", True),
        ("is_staff_member", True),
        ("is_active", True),
        ("email", "other@example.com"),
        ("email_verified_at", "2026-01-01T00:00:00Z"),
        ("groups", [1]),
        ("user_permissions", [1]),
        ("id", 1),
        ("password", "another-horse-battery-9"),
        ("session_generation", 9),
        ("last_login", "2026-01-01T00:00:00Z"),
    ],
)
def test_nobody_promotes_themselves(attacker_client: APIClient, field: str, value: object) -> None:
    answer = refused(attacker_client, "patch", "auth/me/", {field: value}, status=400, code="unknown_field")

    assert fields_of(answer) == {field}


@pytest.mark.parametrize("field", ["is_staff", "is_superuser", "is_staff_member", "groups", "email_verified_at"])
def test_nobody_registers_as_more_than_a_customer(guest: APIClient, field: str) -> None:
    body = {"email": "new@example.com", "password": PASSWORD, field: True}

    refused(guest, "post", "auth/register/", body, status=400, code="unknown_field")


@pytest.mark.parametrize("field", ["price", "unit_price", "line_total", "total_price", "unit_cost", "discount"])
def test_a_client_names_no_prices(shopper: APIClient, product: Product, field: str) -> None:
    body = {"product": product.pk, "quantity": 1, field: "0.01"}

    refused(shopper, "post", "cart/items/", body, status=400, code="unknown_field")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("total", "0.00"),
        ("subtotal", "0.00"),
        ("discount", "9999.00"),
        ("tax", "-5.00"),
        ("shipping_cost", "0.00"),
        ("status", "confirmed"),
        ("paid", True),
        ("user", 1),
        ("order_number", "MINE"),
        ("cart", 1),
        ("items", []),
        ("currency", "XXX"),
    ],
)
def test_a_client_names_no_totals_and_states(
    shopper: APIClient, method: ShippingMethod, field: str, value: object
) -> None:
    body = {"shipping_address": ADDRESS, "shipping_method": method.pk, field: value}

    assert fields_of(refused(shopper, "post", "checkout/", body, status=400, code="unknown_field")) == {field}


@pytest.mark.parametrize("field", ["amount", "status", "currency", "transaction_id", "is_surplus"])
def test_a_client_names_no_amount_to_pay(client_for: Any, victim: Victim, field: str) -> None:
    body = {"payment_method": "dummy", "details": {"token": "tok_ok"}, field: "0.01"}
    address = f"orders/{victim.unpaid.order_number}/payments/"

    headers = {"Idempotency-Key": "cheap"}
    refused(client_for(victim.user), "post", address, body, status=400, code="unknown_field", headers=headers)


@pytest.mark.parametrize("field", ["user", "id"])
def test_an_address_stays_in_its_book(attacker_client: APIClient, victim: Victim, field: str) -> None:
    body = {**ADDRESS, field: victim.user.pk}

    refused(attacker_client, "post", "addresses/", body, status=400, code="unknown_field")


@pytest.mark.parametrize("field", ["is_approved", "is_verified_purchase", "user", "product", "created_at"])
def test_a_review_approves_not_itself(attacker_client: APIClient, product: Product, field: str) -> None:
    body = {"rating": 5, "title": "Great", "comment": "Buy!", field: True}

    refused(attacker_client, "post", f"products/{product.slug}/reviews/", body, status=400, code="unknown_field")


@pytest.mark.parametrize("field", ["id", "stock_quantity", "rating_average", "rating_count", "created_at", "version"])
def test_staff_write_no_fields_of_the_server(staff_client: StaffClient, product: Product, field: str) -> None:
    editor = staff_client("products.change_product")

    refused(editor, "patch", f"products/{product.slug}/", {field: 1}, status=400, code="unknown_field")


@pytest.mark.parametrize("field", ["status", "payment", "order", "currency", "refund_transaction_id"])
def test_a_refund_says_not_how_it_went(staff_client: StaffClient, victim: Victim, field: str) -> None:
    cashier = staff_client("payments.add_refund")
    body = {"amount": "1.00", field: "succeeded"}

    address = f"payments/{victim.payment.pk}/refunds/"
    headers = {"Idempotency-Key": "odd"}
    refused(cashier, "post", address, body, status=400, code="unknown_field", headers=headers)


@pytest.mark.parametrize("door", ["products/", "products/{slug}/", "products/{slug}/related/"])
def test_the_public_sees_no_costs_and_no_stock(guest: APIClient, product: Product, door: str) -> None:
    with untouched():
        answer = guest.get(PREFIX + door.format(slug=product.slug))

    assert answer.status_code == 200
    for secret in (b"cost", b"8.00", b"stock_quantity", b"low_stock", b"is_active"):
        assert secret not in answer.content


def test_reviews_name_nobody_s_address(guest: APIClient, victim: Victim, product: Product) -> None:
    ReviewFactory.create(product=product, user=victim.user, is_approved=True)

    with untouched():
        answer = guest.get(f"{PREFIX}products/{product.slug}/reviews/")

    assert (answer.status_code, len(answer.json()["results"])) == (200, 1)
    assert b"victim" not in answer.content


@pytest.mark.parametrize("query", ["fields=password", "expand=user", "depth=9", "is_active=false"])
def test_no_parameter_widens_an_answer(guest: APIClient, product: Product, query: str) -> None:
    refused(guest, "get", f"products/?{query}", status=400, code="unknown_field")


def test_the_profile_shows_no_hash(attacker_client: APIClient) -> None:
    with untouched():
        answers = [attacker_client.get(PREFIX + door) for door in ("auth/me/", "auth/me/export/")]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert all(b"md5$" not in answer.content and b"password" not in answer.content for answer in answers)
