"""Two corrections of one level at the same moment: none is lost, and of two counts only one holds."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from products.errors import OutOfStock, StockChanged
from products.models import Product, StockMovement
from products.services import stock
from products.services.stock import StockKey
from tests.factories.products import ProductFactory

pytestmark = pytest.mark.django_db(transaction=True)

PARALLEL = 8


def at_once(product: Product, **change: int) -> list[str]:
    together = Barrier(PARALLEL)

    def adjust(_: int) -> str:
        together.wait()
        try:
            stock.adjust(key=StockKey(product.id, None), note="Counted", **change)  # type: ignore[arg-type]
        except (StockChanged, OutOfStock) as error:
            return error.code
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(PARALLEL) as pool:
        return sorted(pool.map(adjust, range(PARALLEL)))


def level(product: Product) -> tuple[int, int]:
    product.refresh_from_db()
    return product.stock_quantity, sum(StockMovement.objects.values_list("delta", flat=True))


def test_no_delta_is_lost() -> None:
    product = ProductFactory.create(stock=20)

    assert at_once(product, delta=-2) == ["done"] * 8
    assert level(product) == (4, 4)


def test_of_two_counts_only_one_holds() -> None:
    product = ProductFactory.create(stock=10)

    assert at_once(product, quantity=7, expected_quantity=10) == ["done"] + ["stock_changed"] * 7
    assert level(product) == (7, 7)


def test_together_they_never_take_more_than_there_is() -> None:
    product = ProductFactory.create(stock=5)

    assert at_once(product, delta=-1) == ["done"] * 5 + ["out_of_stock"] * 3
    assert level(product) == (0, 0)
