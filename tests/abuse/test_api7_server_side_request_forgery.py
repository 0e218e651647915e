"""API7:2023 Server side request forgery: no address that a caller gives leads the server inside.

Fetching itself is tried in tests/common/test_remote_files.py; here no other field takes an address at all.
"""

from typing import Any

import pytest
from rest_framework.test import APIClient

from products.models import Product
from tests.abuse.conftest import StaffClient, Victim
from tests.abuse.untouched import refused
from tests.conftest import ApiClientFor

pytestmark = pytest.mark.django_db

INSIDE = ["http://169.254.169.254/latest/meta-data/", "http://localhost:6379/", "file:///etc/passwd", "gopher://[::1]/"]


@pytest.mark.parametrize("url", INSIDE)
@pytest.mark.parametrize("field", ["image", "image_url", "url"])
def test_a_picture_by_address(staff_client: StaffClient, product: Product, field: str, url: str) -> None:
    editor = staff_client("products.add_productimage")

    address = f"products/{product.slug}/images/"
    refused(editor, "post", address, {field: url}, status=400, code="invalid", format="multipart")


@pytest.mark.parametrize("field", ["return_url", "webhook", "success_url", "callback"])
def test_a_payment_that_leads_away(client_for: ApiClientFor, victim: Victim, field: str) -> None:
    body: dict[str, Any] = {
        "payment_method": "dummy",
        "details": {"token": "tok_ok", field: "http://169.254.169.254/"},
    }
    address = f"orders/{victim.unpaid.order_number}/payments/"

    headers = {"Idempotency-Key": "away"}
    refused(client_for(victim.user), "post", address, body, status=400, code="invalid", headers=headers)


@pytest.mark.parametrize("field", ["avatar", "website", "photo_url"])
def test_a_profile_with_an_address_to_fetch(attacker_client: APIClient, field: str) -> None:
    refused(attacker_client, "patch", "auth/me/", {field: INSIDE[0]}, status=400, code="unknown_field")
