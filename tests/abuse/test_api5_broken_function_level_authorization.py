"""API5:2023 Broken function level authorization: what staff may do, nobody else does, and no role more than its own.

Every operation for every role stands in tests/contracts/permissions.csv; here are the attempts that go around it.
"""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from authentication.services import roles
from orders.models import Order
from products.models import Product
from tests.abuse.conftest import ORDER_TOKEN, StaffClient, Victim
from tests.abuse.untouched import refused
from tests.conftest import ApiClientFor
from tests.factories.authentication import UserFactory

pytestmark = pytest.mark.django_db

KEY = {"Idempotency-Key": "climb"}
STAFF_DOORS: list[tuple[str, str, Any]] = [
    ("post", "products/", {"name": "Mine", "price": "1.00", "sku": "MINE"}),
    ("patch", "products/{slug}/", {"price": "0.01"}),
    ("delete", "products/{slug}/", None),
    ("post", "inventory/adjustments/", {"product": 1, "delta": -5, "reason": "x"}),
    ("post", "coupons/", {"code": "FREE", "kind": "percent", "value": "100"}),
    ("post", "tax-rates/", {"name": "None", "country": "US", "rate": "0"}),
    ("post", "shipping/methods/", {"name": "Free", "price": "0.00"}),
    ("post", "payments/{payment}/capture/", {}),
    ("post", "payments/{payment}/refunds/", {"amount": "1.00"}),
    ("post", "orders/{order}/process/", {}),
    ("post", "orders/{order}/ship/", {"tracking_number": "1Z"}),
    ("post", "orders/{order}/deliver/", {}),
    ("post", "exports/", {"subject": "customers"}),
    ("get", "analytics/summary/", None),
    ("get", "reviews/", None),
]


def at(door: str, victim: Victim, product: Product) -> str:
    return door.format(slug=product.slug, payment=victim.payment.pk, order=victim.order.order_number)


@pytest.mark.parametrize(("method", "door", "body"), STAFF_DOORS)
def test_a_customer_at_a_door_of_staff(
    client_for: ApiClientFor, victim: Victim, product: Product, method: str, door: str, body: Any
) -> None:
    """Not even where the order and the payment are their own."""
    client = client_for(victim.user)

    refused(client, method, at(door, victim, product), body, status=403, code="permission_denied", headers=KEY)


@pytest.mark.parametrize(("method", "door", "body"), STAFF_DOORS)
def test_a_guest_with_the_order_s_token_at_a_door_of_staff(
    guest: APIClient, victim: Victim, product: Product, method: str, door: str, body: Any
) -> None:
    headers = {**KEY, "X-Order-Token": ORDER_TOKEN}

    refused(guest, method, at(door, victim, product), body, status=401, code="not_authenticated", headers=headers)


@pytest.mark.parametrize(
    ("role", "method", "door", "body"),
    [
        ("Analyst", "patch", "products/{slug}/", {"price": "0.01"}),
        ("Analyst", "post", "orders/{order}/process/", {}),
        ("Support", "post", "payments/{payment}/capture/", {}),
        ("Support", "post", "payments/{payment}/refunds/", {"amount": "1.00"}),
        ("Support", "get", "analytics/sales/", None),
        ("Catalogue manager", "post", "payments/{payment}/refunds/", {"amount": "1.00"}),
        ("Catalogue manager", "post", "orders/{order}/ship/", {"tracking_number": "1Z"}),
        ("Order desk", "post", "coupons/", {"code": "FREE", "kind": "percent", "value": "100"}),
        ("Order desk", "delete", "products/{slug}/", None),
        ("Order desk", "post", "inventory/adjustments/", {"product": 1, "delta": 5, "reason": "x"}),
    ],
)
def test_a_role_does_nothing_of_another(
    client_for: ApiClientFor, victim: Victim, product: Product, role: str, method: str, door: str, body: Any
) -> None:
    roles.sync_roles()
    user = UserFactory.create(is_staff_member=True)
    user.groups.set([Group.objects.get(name=role)])

    client = client_for(user)
    refused(client, method, at(door, victim, product), body, status=403, code="permission_denied", headers=KEY)


@pytest.mark.parametrize("rights", [{"is_staff": True}, {"is_staff": True, "is_active": True}])
def test_the_admin_s_flag_opens_nothing_here(client_for: ApiClientFor, product: Product, rights: Any) -> None:
    client = client_for(UserFactory.create(**rights))

    refused(client, "delete", f"products/{product.slug}/", status=403, code="permission_denied")


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_no_header_turns_a_method_into_another(guest: APIClient, product: Product, header: str) -> None:
    refused(
        guest,
        "post",
        f"products/{product.slug}/",
        {},
        status=405,
        code="method_not_allowed",
        headers={header: "DELETE"},
    )


@pytest.mark.parametrize("query", ["_method=DELETE", "method=DELETE", "format=api"])
def test_no_parameter_turns_a_method_into_another(guest: APIClient, product: Product, query: str) -> None:
    refused(guest, "get", f"products/{product.slug}/?{query}", status=400, code="unknown_field")


@pytest.mark.parametrize("subject", ["customers", "orders", "nothing"])
def test_an_import_needs_the_right_of_its_subject(staff_client: StaffClient, subject: str) -> None:
    clerk = staff_client("common.add_importjob", "products.change_product")
    file = SimpleUploadedFile("rows.csv", b"email,is_staff\na@example.com,true\n")

    body = {"subject": subject, "file": file}
    refused(clerk, "post", "imports/", body, status=403, code="permission_denied", format="multipart")


@pytest.mark.parametrize(
    ("state", "move", "code"),
    [
        ("shipped", "cancel", "invalid_transition"),
        ("delivered", "cancel", "invalid_transition"),
        ("processing", "cancel", "invalid_transition"),
        ("cancelled", "cancel", "invalid_transition"),
        ("refunded", "cancel", "invalid_transition"),
    ],
)
def test_a_customer_moves_no_order_that_has_gone_on(
    client_for: ApiClientFor, victim: Victim, state: str, move: str, code: str
) -> None:
    Order.objects.filter(pk=victim.unpaid.pk).update(status=state)

    address = f"orders/{victim.unpaid.order_number}/{move}/"
    refused(client_for(victim.user), "post", address, {}, status=409, code=code)


@pytest.mark.parametrize(
    ("state", "move", "body"),
    [
        ("pending", "process", {}),
        ("pending", "ship", {"tracking_number": "1Z"}),
        ("confirmed", "ship", {"tracking_number": "1Z"}),
        ("processing", "deliver", {}),
        ("shipped", "cancel", {}),
        ("cancelled", "process", {}),
        ("delivered", "ship", {"tracking_number": "1Z"}),
    ],
)
def test_staff_move_an_order_only_as_it_goes(
    staff_client: StaffClient, victim: Victim, state: str, move: str, body: Any
) -> None:
    packer = staff_client("orders.change_order")
    Order.objects.filter(pk=victim.unpaid.pk).update(status=state)

    address = f"orders/{victim.unpaid.order_number}/{move}/"
    refused(packer, "post", address, body, status=409, code="invalid_transition")
