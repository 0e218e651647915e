"""Plans the orders: who buys what on which day, and what becomes of it. Chance is seeded, so two shops are alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum
from itertools import accumulate
from random import Random
from zoneinfo import ZoneInfo

from django.conf import settings

from demo.history.offers import Offer, Shelf
from demo.people import Customer, People
from demo.trade import PERCENT_COUPON, SHIPPING_COUPON

DAYS = 60
_ORDERS_PER_WEEKDAY = (7, 6, 7, 8, 10, 12, 10)  # Monday first: weekends sell best
_HOURS = range(7, 23)
_HOUR_WEIGHTS = (1, 2, 3, 4, 4, 5, 6, 5, 4, 4, 5, 6, 8, 9, 7, 3)


class Fate(Enum):
    """What becomes of an order."""

    WAITING = "waiting"  # for a bank transfer
    CONFIRMED = "confirmed"
    PROCESSING = "processing"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    PARTLY_REFUNDED = "partly refunded"  # delivered, then some money back
    REFUNDED = "refunded"  # delivered, then everything sent back
    CANCELLED_UNPAID = "cancelled unpaid"
    CANCELLED_PAID = "cancelled paid"


@dataclass(frozen=True)
class PlannedOrder:
    """An order before it is priced."""

    customer: Customer
    placed_at: datetime
    lines: Sequence[tuple[Offer, int]]
    coupon_code: str
    fate: Fate
    by_transfer: bool
    wants_express: bool


def plan_orders(*, people: People, shelf: Shelf, today: date) -> list[PlannedOrder]:
    """Plan the orders of the sixty days that end yesterday, oldest first."""
    chance = Random(20260513)
    planner = _Planner(chance, people, shelf)
    return [order for age in range(DAYS, 0, -1) for order in planner.plan_day(today - timedelta(days=age), age)]


class _Planner:
    def __init__(self, chance: Random, people: People, shelf: Shelf) -> None:
        self._chance = chance
        self._people = people
        self._shelf = shelf

    def plan_day(self, day: date, age: int) -> list[PlannedOrder]:
        growth = 1.25 - 0.5 * age / DAYS
        usual = _ORDERS_PER_WEEKDAY[day.weekday()] * growth
        count = max(2, round(usual * self._chance.uniform(0.75, 1.25)))
        times = sorted(self._time_on(day) for _ in range(count))
        fates = [_SURE_FATES.get((age, place)) or self._fate(age) for place in range(count)]
        return [self._plan_order(placed_at, fate) for placed_at, fate in zip(times, fates, strict=True)]

    def _time_on(self, day: date) -> datetime:
        hour = self._chance.choices(_HOURS, _HOUR_WEIGHTS)[0]
        at = time(hour, self._chance.randrange(60), self._chance.randrange(60))
        return datetime.combine(day, at, tzinfo=ZoneInfo(settings.SHOP_TIME_ZONE))

    def _plan_order(self, placed_at: datetime, fate: Fate) -> PlannedOrder:
        return PlannedOrder(
            customer=self._customer(),
            placed_at=placed_at,
            lines=self._lines(),
            coupon_code=self._chance.choices(("", PERCENT_COUPON, SHIPPING_COUPON), (82, 12, 6))[0],
            fate=fate,
            by_transfer=fate is Fate.WAITING or self._chance.random() < 0.06,
            wants_express=self._chance.random() < 0.2,
        )

    def _customer(self) -> Customer:
        kind = self._chance.random()
        if kind < 0.03:
            return self._people.demo_customer
        return self._chance.choice(self._people.guests if kind < 0.2 else self._people.customers)

    def _lines(self) -> list[tuple[Offer, int]]:
        count = self._chance.choices((1, 2, 3, 4), (45, 30, 17, 8))[0]
        lines: dict[Offer, int] = {}
        for _ in range(count):
            offer = self._shelf.pick(self._chance)
            lines[offer] = lines.get(offer, 0) + self._chance.choices((1, 2, 3), (82, 14, 4))[0]
        for offer, quantity in lines.items():
            self._shelf.take(offer, quantity)
        return list(lines.items())

    def _fate(self, age: int) -> Fate:
        weights = next(weights for oldest, weights in _FATES if age <= oldest)
        totals = list(accumulate(weights.values()))
        return self._chance.choices(list(weights), cum_weights=totals)[0]


# One order of each kind that may be rare, by age and place in the day, so that staff always find something to do.
_SURE_FATES = {
    (1, 0): Fate.WAITING,
    (1, 1): Fate.CONFIRMED,
    (2, 0): Fate.PROCESSING,
    (3, 0): Fate.SHIPPED,
    (4, 0): Fate.CANCELLED_PAID,
    (9, 0): Fate.PARTLY_REFUNDED,
    (10, 0): Fate.REFUNDED,
}

# By age in days up to which it holds. Money sent back needs time to be asked for.
_FATES: tuple[tuple[int, dict[Fate, int]], ...] = (
    (1, {Fate.CONFIRMED: 55, Fate.PROCESSING: 30, Fate.WAITING: 10, Fate.CANCELLED_UNPAID: 5}),
    (3, {Fate.PROCESSING: 35, Fate.SHIPPED: 50, Fate.WAITING: 7, Fate.CANCELLED_PAID: 4, Fate.CANCELLED_UNPAID: 4}),
    (7, {Fate.SHIPPED: 40, Fate.DELIVERED: 52, Fate.CANCELLED_PAID: 4, Fate.CANCELLED_UNPAID: 4}),
    (
        DAYS,
        {
            Fate.DELIVERED: 85,
            Fate.PARTLY_REFUNDED: 4,
            Fate.REFUNDED: 4,
            Fate.CANCELLED_PAID: 3,
            Fate.CANCELLED_UNPAID: 4,
        },
    ),
)
