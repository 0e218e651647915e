"""DELETE products/{slug}/: taken off the shop, kept in the books."""

import pytest
from rest_framework.test import APIClient

from common.models import OutboxEvent
from products.models import Product, StockMovement
from tests.factories.products import ProductFactory

pytestmark = pytest.mark.django_db

URL = "/api/v1/products/boot/"


def test_a_deleted_product_is_deactivated_and_told_once(clerk: APIClient, guest: APIClient) -> None:
    product = ProductFactory.create(slug="boot", stock=4)

    answers = [clerk.delete(URL).status_code for _ in range(2)]

    product.refresh_from_db()
    assert answers == [204, 204]
    assert (product.is_active, product.stock_quantity, StockMovement.objects.count()) == (False, 4, 1)
    assert guest.get(URL).status_code == 404
    assert OutboxEvent.objects.filter(name="product.deactivated").count() == 1


def test_if_match_holds_for_deleting_too(clerk: APIClient) -> None:
    ProductFactory.create(slug="boot")
    etag = clerk.get(URL)["ETag"]
    Product.objects.update(price=1)

    assert clerk.delete(URL, headers={"If-Match": etag}).status_code == 412
    assert Product.objects.get().is_active
