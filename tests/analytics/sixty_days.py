"""Sixty days of orders and refunds, written to the database and, apart from it, kept as plain facts."""

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from orders.models import Order, OrderItem
from payments.models import Payment, Refund, RefundItem
from products.models import Product
from tests.factories.analytics import captured
from tests.factories.orders import OrderFactory
from tests.factories.products import CategoryFactory, ProductFactory

DAYS = 60
ORDERS_A_DAY = 4


@dataclass(frozen=True)
class Fact:
    """What one line of an order or refund does to its day."""

    at: datetime
    order: int | None
    product: int | None
    items: int
    revenue: Decimal
    cost: Decimal


@dataclass
class Sums:
    """A row as it should be."""

    orders: set[int] = field(default_factory=set)
    items: int = 0
    revenue: Decimal = Decimal("0.00")
    cost: Decimal = Decimal("0.00")

    def add(self, fact: Fact) -> None:
        if fact.order is not None:
            self.orders.add(fact.order)
        self.items += fact.items
        self.revenue += fact.revenue
        self.cost += fact.cost

    def row(self) -> tuple[int, int, Decimal, Decimal, Decimal]:
        return len(self.orders), self.items, self.revenue, self.cost, self.revenue - self.cost


Key = tuple[date, int | None, int | None]


def expected(facts: list[Fact], categories: dict[int, list[int]], zone: str) -> dict[Key, tuple[object, ...]]:
    """Every aggregate that the facts ask for, by date, product and category, counted in plain Python."""
    sums: dict[Key, Sums] = defaultdict(Sums)
    for fact in facts:
        day = fact.at.astimezone(ZoneInfo(zone)).date()
        sums[day, None, None].add(fact)
        if fact.product is not None:
            sums[day, fact.product, None].add(fact)
            for category in categories[fact.product]:
                sums[day, None, category].add(fact)
    return {key: sum_.row() for key, sum_ in sums.items()}


class Sixty:
    """Makes the shop's past; the same seed makes the same one."""

    def __init__(self, first: date, zone: str, seed: int = 1) -> None:
        self.random = random.Random(seed)
        self.zone = ZoneInfo(zone)
        self.first = first
        self.last = first + timedelta(days=DAYS - 1)
        self.facts: list[Fact] = []
        shelves = CategoryFactory.create_batch(5)
        self.products = [self._product(self.random.sample(shelves, self.random.randint(0, 3))) for _ in range(12)]
        self.categories = {product.id: [c.id for c in product.categories.all()] for product in self.products}
        for at in self._instants():
            self._order(at)

    def _product(self, shelves: list[object]) -> Product:
        price = Decimal(self.random.randint(100, 20_000)) / 100
        cost = self.random.choice([None, Decimal(self.random.randint(50, 9_000)) / 100])
        return ProductFactory.create(price=price, cost_price=cost, categories=shelves)

    def _instants(self) -> Iterator[datetime]:
        for offset in range(DAYS):
            midnight = datetime.combine(self.first + timedelta(days=offset), datetime.min.time(), tzinfo=self.zone)
            for _ in range(ORDERS_A_DAY):
                seconds = self.random.choice([0, 86_399, self.random.randint(0, 86_399)])
                yield midnight + timedelta(seconds=seconds)

    def _order(self, at: datetime) -> None:
        paid = self.random.random() < 0.85
        order = OrderFactory.create(user=None, subtotal=Decimal("50000.00"))
        Order.objects.filter(id=order.id).update(created_at=at, paid_at=at if paid else None)
        for product in self.random.sample(self.products, self.random.randint(1, 4)):
            item = self._line(order, product)
            if paid:
                self.facts.append(self._sale(at, item))
                if self.random.random() < 0.25:
                    self._refund(item, at)

    def _line(self, order: Order, product: Product) -> OrderItem:
        quantity = self.random.randint(1, 5)
        total = product.price * quantity
        deleted = self.random.random() < 0.05
        return OrderItem.objects.create(
            order=order,
            product=None if deleted else product,
            product_name=product.name,
            product_sku=product.sku,
            quantity=quantity,
            price=product.price,
            total_price=total,
            unit_cost=product.cost_price,
            discount_share=self._part(total),
            tax_included=self.random.choice([Decimal("0.00"), Decimal("0.17"), Decimal("0.33")]),
            tax_added=self._part(total),
        )

    def _part(self, amount: Decimal) -> Decimal:
        return Decimal(self.random.randint(0, int(amount * 50))) / 100

    def _sale(self, at: datetime, item: OrderItem) -> Fact:
        revenue = item.total_price - item.discount_share - item.tax_included
        cost = (item.unit_cost or Decimal("0.00")) * item.quantity
        return Fact(at, item.order_id, item.product_id, item.quantity, revenue, cost)

    def _refund(self, item: OrderItem, placed_at: datetime) -> None:
        by_lines, surplus = self.random.random() < 0.5, self.random.random() < 0.1
        quantity = self.random.randint(1, item.quantity) if by_lines else 0
        restocked = self.random.randint(0, quantity)
        amount = Decimal(self.random.randint(30, 90)) / 100
        tax = Decimal(self.random.randint(0, 20)) / 100
        at = placed_at + timedelta(hours=self.random.randint(0, 200))
        status = self.random.choice([Refund.Status.SUCCEEDED] * 4 + [Refund.Status.FAILED])
        refund = Refund.objects.create(
            payment=self._surplus(item.order) if surplus else captured(item.order),
            amount=amount,
            reason="Broken",
            status=status,
            succeeded_at=at if status == Refund.Status.SUCCEEDED else None,
            is_by_lines=by_lines,
            restock=restocked > 0,
        )
        RefundItem.objects.create(
            refund=refund,
            order_item=item,
            quantity=quantity,
            amount=amount,
            tax_amount=tax,
            restocked_quantity=restocked,
        )
        if status == Refund.Status.SUCCEEDED and not surplus:
            cost = -(item.unit_cost or Decimal("0.00")) * restocked
            self.facts.append(Fact(at, None, item.product_id, -quantity, tax - amount, cost))

    def _surplus(self, order: Order) -> Payment:
        return Payment.objects.create(
            order=order,
            amount=order.total,
            status="refunded",
            payment_method="manual",
            currency="USD",
            is_surplus=True,
        )
