"""The proof itself: a product of its own, buyers at it, and what the database says afterwards."""

import secrets
import time
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Sum

from common.integrity import run_checks
from orders.models import Order, OrderItem
from orders.stress.buyers import Answer, Shop, fill_carts, order_all
from products.models import Product
from products.services import offering, products
from shipping.services.quotes import shipping_options

PRICE = Decimal("10.00")
ADDRESS = {"full_name": "Stress Test", "address_line1": "1 Main Street", "city": "Springfield", "postal_code": "12345"}


class CannotProve(Exception):
    """The shop is not one that can be proved; the message says why."""


@dataclass(frozen=True)
class Wanted:
    """How many units, buyers, and buyers at once; where they have it sent."""

    stock: int
    buyers: int
    concurrency: int
    country: str
    state: str


@dataclass
class Report:
    """What happened, and what is wrong with it: nothing, where the shop holds what it promises."""

    sold: int = 0
    conflicts: Counter[str] = field(default_factory=Counter)
    server_errors: int = 0
    others: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    slowest_seconds: float = 0.0
    median_seconds: float = 0.0
    deadlocks: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Checkouts answered in a second."""
        answered = self.sold + self.conflicts.total() + self.server_errors + self.others.total()
        return answered / self.seconds if self.seconds else 0.0


def prove(*, url: str, wanted: Wanted) -> Report:
    """Sell the stock to more buyers than there are units, and compare the answers with the books.

    The product is taken off the shop again; its orders expire as unpaid ones do. Raises CannotProve.
    """
    method_id = _find_method(wanted)
    product = _make_product(wanted.stock)
    try:
        shop = Shop(url)
        if shop.request("GET", f"products/{product.slug}/")[0] != 200:
            raise CannotProve(f"The shop at {url} does not show what this database holds.")
        tokens = fill_carts(shop, product_id=product.id, buyers=wanted.buyers, concurrency=wanted.concurrency)
        deadlocks = _deadlocks()
        began = time.monotonic()
        answers = order_all(shop, tokens=tokens, wish=_wish(wanted, method_id), concurrency=wanted.concurrency)
        report = _count(answers, seconds=time.monotonic() - began)
        report.deadlocks = _deadlocks() - deadlocks
        report.faults = [*_faults(report, wanted), *_lost(answers), *_oversold(product, report, wanted)]
    finally:
        offering.deactivate_products(product_ids=[product.id])
    report.faults += [f"{result.name}: {breach}" for result in run_checks() for breach in result.breaches]
    return report


def _find_method(wanted: Wanted) -> int:
    options = shipping_options(country=wanted.country, state=wanted.state, subtotal=PRICE)
    if not options:
        raise CannotProve(f"No shipping method serves {wanted.country}; --country names another.")
    return options[0].method.pk


def _make_product(units: int) -> Product:
    mark = secrets.token_hex(4)
    fields = {"name": f"Stress test {mark}", "sku": f"STRESS-{mark}", "price": PRICE}
    return products.create_product(fields={**fields, "description": "Not for sale."}, stock_quantity=units)


def _wish(wanted: Wanted, method_id: int) -> dict[str, Any]:
    address = {**ADDRESS, "country": wanted.country, "state": wanted.state}
    return {"shipping_address": address, "shipping_method": method_id}


def _count(answers: list[Answer], *, seconds: float) -> Report:
    report = Report(seconds=seconds)
    for answer in answers:
        if answer.status == 201:
            report.sold += 1
        elif answer.status == 409:
            report.conflicts[answer.said] += 1
        elif answer.status >= 500:
            report.server_errors += 1
        else:
            report.others[f"{answer.status or 'no answer'} {answer.said}"] += 1
    times = sorted(answer.seconds for answer in answers)
    report.median_seconds, report.slowest_seconds = times[len(times) // 2], times[-1]
    return report


def _faults(report: Report, wanted: Wanted) -> list[str]:
    faults = [f"{number} x {said}" for said, number in report.others.items()]
    faults += [f"{number} x 409 {code}" for code, number in report.conflicts.items() if code != "out_of_stock"]
    if report.server_errors:
        faults.append(f"{report.server_errors} x 5xx")
    if report.sold != min(wanted.stock, wanted.buyers):
        faults.append(f"{report.sold} sold where {min(wanted.stock, wanted.buyers)} should have been")
    if report.deadlocks:
        faults.append(f"{report.deadlocks} deadlocks")
    return faults


def _lost(answers: list[Answer]) -> list[str]:
    """Orders that were acknowledged and are not there."""
    acknowledged = {answer.said for answer in answers if answer.status == 201}
    there = set(Order.objects.filter(order_number__in=acknowledged).values_list("order_number", flat=True))
    return [f"order {number} was acknowledged and is lost" for number in sorted(acknowledged - there)]


def _oversold(product: Product, report: Report, wanted: Wanted) -> list[str]:
    """The level and the orders' lines against what there was; an order whose answer was lost counts as well."""
    product.refresh_from_db(fields=["stock_quantity"])
    lines = OrderItem.objects.filter(product=product).exclude(order__status=Order.Status.CANCELLED)
    ordered = lines.aggregate(units=Sum("quantity"))["units"] or 0
    faults = []
    if ordered > wanted.stock:
        faults.append(f"oversold: {ordered} units ordered of {wanted.stock}")
    if product.stock_quantity != wanted.stock - ordered:
        faults.append(f"{product.stock_quantity} units left after {ordered} of {wanted.stock} were ordered")
    if ordered != report.sold and not any(said.startswith("no answer") for said in report.others):
        faults.append(f"{ordered} units ordered where {report.sold} orders were acknowledged")
    return faults


def _deadlocks() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])
