"""The number of statements of every list, against tests/contracts/query_counts.json.

Each list shows at least three rows with everything that a row can carry, so that a query per row shows. A changed
count fails and prints the statements; UPDATE_QUERY_COUNTS=1 writes the file anew, on purpose.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from orders.services import invoices
from tests.conftest import ApiClientFor
from tests.contracts.operations import PREFIX, operations
from tests.factories.authentication import AddressFactory, UserFactory
from tests.factories.events import endpoint_with_deliveries, placed_event
from tests.factories.jobs import checked_import, finished_export
from tests.factories.orders import CouponFactory, TaxRateFactory
from tests.factories.payments import paid, waiting_order
from tests.factories.products import CategoryFactory, ImageFactory, ProductFactory, ReviewFactory, VariationFactory
from tests.factories.shipping import ShippingRateFactory

pytestmark = pytest.mark.django_db

FILE = Path(__file__).with_name("query_counts.json")
COUNTS: dict[str, int] = json.loads(FILE.read_text()) if FILE.exists() else {}

# What a list needs in its address to show its rows.
ARGUMENTS = {
    "imports/{pk}/changes/": "imports/999001/changes/",
    "orders/{order_number}/invoices/": "orders/COUNTED0/invoices/",
    "orders/{order_number}/invoices/{number}/": "orders/COUNTED0/invoices/INV-000001/",
    "products/{slug}/images/": "products/dress-0/images/",
    "products/{slug}/prices/": "products/dress-0/prices/",
    "products/{slug}/related/": "products/dress-0/related/",
    "products/{slug}/reviews/": "products/dress-0/reviews/",
    "products/{slug}/variations/": "products/dress-0/variations/",
    "products/facets/": "products/facets/?q=dress",
    "products/suggest/": "products/suggest/?q=dress",
}
MORE = (
    "products/?q=dress&ordering=relevance",
    "products/?category=parent&in_stock=true&min_price=1&max_price=99&option=Size:M&ordering=-rating",
    "shipping/methods/?country=US&state=CA&subtotal=10.00",
)
ALONE = {"auth/me/", "auth/me/export/", "cart/", "payments/methods/"}  # one object, not a list


def lists() -> list[str]:
    """The addresses of all lists, below the prefix."""
    paths = [operation.path for operation in operations() if operation.method == "GET" and operation.path not in ALONE]
    addresses = [ARGUMENTS.get(path, path) for path in paths]
    return [address for address in addresses if "{" not in address] + list(MORE)


@pytest.fixture
def shop(client_for: ApiClientFor) -> APIClient:
    """A shop with three of everything; the client is the one customer's own, who is a superuser as well."""
    customer = UserFactory.create(is_superuser=True, is_staff_member=True)
    parent = CategoryFactory.create(name="Parent", slug="parent")
    for number in range(3):
        AddressFactory.create(user=customer)
        category = CategoryFactory.create(parent=parent)
        product = ProductFactory.create(
            name=f"Dress {number}", slug=f"dress-{number}", categories=[parent, category], stock=0
        )
        variations = [VariationFactory.create(product=product, value=size) for size in ("S", "M", "L")]
        for _ in variations:
            ImageFactory.create(product=product)
            ReviewFactory.create(product=product, is_approved=True)
        order = waiting_order((variations[0], 1), user=customer, order_number=f"COUNTED{number}")
        invoices.issue_invoice(order_id=paid(order).order_id)
        ShippingRateFactory.create()
        CouponFactory.create()
        TaxRateFactory.create(region=f"Region {number}")
        checked_import(actor=customer, id=999_001 + number)
        finished_export(actor=customer)
        placed_event(position=999_001 + number)
    for _ in range(3):
        endpoint_with_deliveries()
    return client_for(customer)


def test_every_list_takes_as_many_statements_as_the_file_says(shop: APIClient) -> None:
    taken = {address: statements_of(shop, address) for address in lists()}

    counts = {address: len(statements) for address, statements in taken.items()}
    if os.environ.get("UPDATE_QUERY_COUNTS"):
        FILE.write_text(json.dumps(counts, indent=2, sort_keys=True) + "\n")
        return
    changed = {address: statements for address, statements in taken.items() if len(statements) != COUNTS.get(address)}
    assert changed == {}
    assert counts == COUNTS


def statements_of(shop: APIClient, address: str) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        response: Any = shop.get(PREFIX + address)
    assert response.status_code == 200, f"{address}: {response.content}"
    return [query["sql"] for query in captured.captured_queries]
