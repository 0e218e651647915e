"""A shop with one product and one shipping method, and a guest with a cart."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from products.models import Product
from shipping.models import ShippingMethod
from tests.factories.orders import ADDRESS
from tests.factories.products import ProductFactory
from tests.factories.shipping import ShippingMethodFactory


@pytest.fixture
def product(db: None) -> Product:
    return ProductFactory.create(price="19.90", cost_price="8.00", stock=10)


@pytest.fixture
def method(db: None) -> ShippingMethod:
    return ShippingMethodFactory.create(price="5.00")


@pytest.fixture
def wish(method: ShippingMethod) -> dict[str, Any]:
    """What a guest sends to checkout."""
    return {"shipping_address": dict(ADDRESS), "shipping_method": method.id, "email": "ada@example.com"}


@pytest.fixture
def shopper(product: Product) -> APIClient:
    """A guest with two of the product in the cart, whose client sends the cart's token."""
    client = APIClient()
    answer = client.post("/api/v1/cart/items/", {"product": product.id, "quantity": 2})
    assert answer.status_code == 201, answer.json()
    client.credentials(HTTP_X_CART_TOKEN=answer.json()["token"])
    return client
