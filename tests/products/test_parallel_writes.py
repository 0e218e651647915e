"""Staff and customers at the same moment: the tree stays a tree, one review each, one of two edits holds."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from rest_framework.test import APIClient

from common.integrity import run_checks
from products.models import Category, Product, ProductReview
from tests.conftest import ApiClientFor
from tests.factories.authentication import staff_user
from tests.factories.products import CategoryFactory, ProductFactory

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(calls: Sequence[Callable[[], int]]) -> list[int]:
    together = Barrier(len(calls))

    def run(call: Callable[[], int]) -> int:
        together.wait()
        try:
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return sorted(pool.map(run, calls))


def breaches() -> list[str]:
    return [breach for result in run_checks() for breach in result.breaches]


@pytest.fixture
def clients(client_for: ApiClientFor) -> list[APIClient]:
    user = staff_user("products.change_category", "products.change_product", "products.add_product")
    return [client_for(user) for _ in range(6)]


def test_two_moves_that_make_a_cycle_together_are_one_move(clients: list[APIClient]) -> None:
    one, two = CategoryFactory.create(slug="one"), CategoryFactory.create(slug="two")

    statuses = at_once(
        [
            lambda: clients[0].patch("/api/v1/categories/one/", {"parent": two.id}).status_code,
            lambda: clients[1].patch("/api/v1/categories/two/", {"parent": one.id}).status_code,
        ]
    )

    assert statuses == [200, 400]
    assert Category.objects.filter(parent=None).count() == 1
    assert breaches() == []


def test_one_of_many_edits_of_the_same_version_holds(clients: list[APIClient]) -> None:
    ProductFactory.create(slug="boot")
    url = "/api/v1/products/boot/"
    etag = APIClient().get(url)["ETag"]

    def edit(client: APIClient, price: int) -> int:
        return client.patch(url, {"price": f"{price}.00"}, headers={"If-Match": etag}).status_code

    statuses = at_once([lambda c=c, p=p: edit(c, p) for p, c in enumerate(clients, start=20)])  # type: ignore[misc]

    assert statuses == [200] + [412] * 5


def test_products_of_one_name_get_slugs_of_their_own(clients: list[APIClient]) -> None:
    def create(client: APIClient, number: int) -> int:
        body = {"name": "Boot", "description": "", "price": "1.00", "sku": f"B-{number}"}
        return client.post("/api/v1/products/", body).status_code

    statuses = at_once([lambda c=c, n=n: create(c, n) for n, c in enumerate(clients)])  # type: ignore[misc]

    assert statuses == [201] * 6
    assert Product.objects.count() == 6
    assert breaches() == []


def test_one_sku_is_taken_once(clients: list[APIClient]) -> None:
    body = {"name": "Boot", "description": "", "price": "1.00", "sku": "B-1"}

    statuses = at_once([lambda c=c: c.post("/api/v1/products/", body).status_code for c in clients])  # type: ignore[misc]

    assert statuses == [201] + [400] * 5


def test_a_customer_reviews_once_however_often_it_is_sent(clients: list[APIClient]) -> None:
    ProductFactory.create(slug="boot")
    url, body = "/api/v1/products/boot/reviews/", {"rating": 5, "comment": "Warm."}

    statuses = at_once([lambda c=c: c.post(url, body).status_code for c in clients])  # type: ignore[misc]

    assert statuses == [201] + [409] * 5
    assert ProductReview.objects.count() == 1
