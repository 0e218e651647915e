"""The shop with stock taken the careless way, read and written back as an absolute value; it must oversell."""

import os
import time
from collections.abc import Mapping
from typing import Any

from config.wsgi import application
from products.models import Product, StockMovement
from products.services import stock
from products.services.stock import StockKey

__all__ = ["application"]

PAUSE_SECONDS = float(os.environ.get("CARELESS_PAUSE_SECONDS", "0.02"))


def take_carelessly(*, demand: Mapping[StockKey, int], order_number: str, actor: Any = None) -> None:
    """What `stock.take` would be without its locks and its guarded update."""
    for key, quantity in demand.items():
        level = Product.objects.values_list("stock_quantity", flat=True).get(id=key.product_id)
        if level < quantity:
            raise stock.out_of_stock({key: (quantity, level)})
        time.sleep(PAUSE_SECONDS)
        Product.objects.filter(id=key.product_id).update(stock_quantity=level - quantity)
        StockMovement.objects.create(
            product_id=key.product_id, delta=-quantity, reason=StockMovement.Reason.SALE, order_number=order_number
        )


stock.take = take_carelessly
