"""Units sold in the last 30 days, beside each product."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from analytics import tasks
from analytics.services import popularity
from products.models import ProductListing
from tests.factories.analytics import paid_order
from tests.factories.products import ProductFactory

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)


def popularities() -> dict[int, int]:
    return dict(ProductListing.objects.values_list("product_id", "popularity"))


@pytest.mark.django_db
def test_paid_units_of_thirty_days() -> None:
    lamp, mug, coat = ProductFactory.create_batch(3)
    paid_order((lamp, 2), (mug, 1), at=NOW - timedelta(days=29))
    paid_order((lamp, 3), at=NOW)
    paid_order((mug, 9), at=NOW - timedelta(days=31))
    paid_order((coat, 9), at=NOW, paid=False)
    ProductListing.objects.filter(product=coat).update(popularity=7)

    assert popularity.refresh_popularity(now=NOW) == 3

    assert popularities() == {lamp.id: 5, mug.id: 1, coat.id: 0}


@pytest.mark.django_db
def test_writes_only_what_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    products = ProductFactory.create_batch(5)
    paid_order(*[(product, 1) for product in products], at=NOW)
    monkeypatch.setattr(popularity, "BATCH_SIZE", 2)
    assert popularity.refresh_popularity(now=NOW) == 5

    assert popularity.refresh_popularity(now=NOW) == 0


@pytest.mark.django_db
def test_task_counts_from_now() -> None:
    lamp = ProductFactory.create()
    paid_order((lamp, 4), at=datetime.now(UTC))

    tasks.refresh_popularity()

    assert popularities() == {lamp.id: 4}


@pytest.mark.bare_rows
@pytest.mark.django_db(transaction=True)
def test_does_not_wait_for_a_checkout() -> None:
    held, free = ProductFactory.create_batch(2)
    paid_order((held, 1), (free, 1), at=NOW)
    checkout = connection.copy()
    try:
        with checkout.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("UPDATE products_product SET stock_quantity = 1 WHERE id = %s", [held.id])

            assert popularity.refresh_popularity(now=NOW) == 1

            cursor.execute("ROLLBACK")
    finally:
        checkout.close()
    assert popularities() == {held.id: 0, free.id: 1}
    assert popularity.refresh_popularity(now=NOW) == 1
