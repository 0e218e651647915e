"""Fills an empty shop with the demo: catalogue, people, trade, and sixty days of orders."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random

from django.apps import apps
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.utils import timezone

from analytics import days
from analytics.services import aggregates
from analytics.services.popularity import refresh_popularity
from common.errors import DomainError
from common.imports.listening import ImportRequest
from common.locking import advisory_lock
from demo.history.money import write_money
from demo.history.offers import Shelf
from demo.history.opinions import write_reviews, write_views
from demo.history.paper import write_paper
from demo.history.plan import DAYS, plan_orders
from demo.history.writing import write_orders
from demo.people import LOGINS, create_people
from demo.trade import create_trade
from orders.models import Coupon, Order, TaxRate
from products.imports.service import run_import
from products.models import Category, Product
from shipping.models import ShippingMethod

DATA = Path(__file__).parent / "data"
_JOINED_BEFORE_DAYS = 90

# The catalogue did not fall from the sky today: products came in over the year before the first order, and their
# stock with them.
_BACKDATE = """
UPDATE products_product SET
    created_at = %(first_day)s - make_interval(days => ((id * 7919) %% 300)::int, mins => ((id * 13) %% 1440)::int);
UPDATE products_stockmovement m SET created_at = p.created_at FROM products_product p WHERE p.id = m.product_id;
"""


class NotADemoShop(DomainError):
    """A shop that is meant for customers gets no made-up people with public passwords."""

    code = "not_a_demo_shop"
    title = "The demo is not for production"


@dataclass(frozen=True)
class DemoShop:
    """What was made."""

    products: int
    orders: int


SOLD_BY = ("products", "orders", "payments")  # the applications whose tables the reports read


def load_demo() -> DemoShop | None:
    """Fill an empty shop, all of it or nothing, in one transaction; None where the shop is not empty.

    Raises NotADemoShop with production settings, or where the dummy gateway, which paid the orders, is not enabled.
    """
    is_production = os.environ.get("DJANGO_SETTINGS_MODULE", "").endswith("production")
    if is_production or "dummy" not in settings.PAYMENT_GATEWAYS:
        raise NotADemoShop("the demo is loaded with development settings only (and the dummy gateway enabled)")
    if _is_in_use():
        return None
    with transaction.atomic():
        advisory_lock("demo.load")
        return None if _is_in_use() else _fill()


def _refresh_statistics() -> None:
    """Tell the planner what was just loaded: counting sixty days by the statistics of empty tables takes minutes."""
    tables = [model._meta.db_table for app in SOLD_BY for model in apps.get_app_config(app).get_models()]  # noqa: SLF001
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(tables)}")


def _is_in_use() -> bool:
    """Whether somebody has begun to set up a shop here."""
    return any(model.objects.exists() for model in (Product, Category, Order, Coupon, TaxRate, ShippingMethod))


def _fill() -> DemoShop:
    now = timezone.now()
    today = days.today()
    first_day = days.beginning_of(today - timedelta(days=DAYS))
    with ThreadPoolExecutor() as pool:
        hashes = pool.map(make_password, [login.password for login in LOGINS])  # slow on purpose: in the background
        run_import(ImportRequest(path=DATA / "catalogue.csv.gz", images=DATA / "pictures.zip"))
    with connection.cursor() as cursor:
        cursor.execute(_BACKDATE, {"first_day": first_day - timedelta(days=1)})
    people = create_people(
        joined_at=first_day - timedelta(days=_JOINED_BEFORE_DAYS), hashes=dict(zip(LOGINS, hashes, strict=True))
    )
    create_trade()
    shelf = Shelf(Random(7))
    orders = write_orders(plan_orders(people=people, shelf=shelf, today=today), now=now, staff_id=people.staff_id)
    write_money(orders, staff_id=people.staff_id)
    write_paper()
    write_reviews(orders)
    write_views()
    _refresh_statistics()
    for _day in aggregates.rebuild(first=today - timedelta(days=DAYS), last=today):
        pass
    refresh_popularity()
    return DemoShop(products=Product.objects.count(), orders=len(orders))
