"""What may be refunded and how a refund is spread over an order's lines and its shipping: pure money, no writes.

A line is worth its total less its share of the discount plus the tax added to it; shipping is worth the rest of the
order's total. Whatever earlier refunds took is gone from what is left, so that refunds in any parts end at exactly
nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from django.db.models import Sum

from common.errors import InvalidInput
from common.money import CENT, ZERO, round_money, split
from orders.models import Order, OrderItem
from payments.errors import RefundExceedsPayment
from payments.models import Payment, RefundItem


@dataclass(frozen=True)
class LineLeft:
    """What of one order line has not been refunded; `worth` and `quantity` are the whole line's."""

    order_item_id: int
    quantity: int
    units_left: int
    worth: Decimal
    amount_left: Decimal
    tax: Decimal
    tax_left: Decimal


@dataclass(frozen=True)
class Left:
    """What of a payment has not been refunded: in all, by line and for shipping."""

    amount: Decimal
    lines: Sequence[LineLeft]
    shipping: Decimal


@dataclass(frozen=True)
class PlannedItem:
    """What a refund gives back of one line; no units where an amount was named."""

    order_item_id: int
    quantity: int
    amount: Decimal
    tax_amount: Decimal


@dataclass(frozen=True)
class RefundPlan:
    """A refund before it is made; the items and the shipping sum to the amount (a surplus has neither)."""

    amount: Decimal
    shipping_amount: Decimal
    items: Sequence[PlannedItem]
    is_by_lines: bool


def what_is_left(*, order: Order, payment: Payment) -> Left:
    """What may be refunded of a captured payment, all refunds counted that have not failed.

    A surplus bought nothing, so nothing of it belongs to a line or to shipping.
    """
    amount = payment.amount - payment.refunded_amount
    if payment.is_surplus:
        return Left(amount=amount, lines=[], shipping=ZERO)
    taken = _taken_by_line(payment)
    items = list(OrderItem.objects.filter(order=order).order_by("id"))
    lines = [_line_left(item, *taken.get(item.id, (ZERO, ZERO, 0))) for item in items]
    return Left(amount=amount, lines=lines, shipping=max(amount - sum(line.amount_left for line in lines), ZERO))


def plan_amount(left: Left, amount: Decimal) -> RefundPlan:
    """Give back an amount: the lines first, by largest remainder over what is left of each, shipping last."""
    if amount > left.amount:
        raise RefundExceedsPayment(refundable_amount=left.amount)
    to_lines = min(amount, sum((line.amount_left for line in left.lines), ZERO))
    shares = split(to_lines, [line.amount_left for line in left.lines]) if to_lines else []
    shared = [(line, share) for line, share in zip(left.lines, shares, strict=False) if share]
    items = [
        PlannedItem(line.order_item_id, 0, share, tax)
        for (line, share), tax in zip(shared, _taxes_of(shared), strict=True)
    ]
    shipping = amount - to_lines if left.lines else ZERO
    return RefundPlan(amount=amount, shipping_amount=shipping, items=items, is_by_lines=False)


def plan_lines(left: Left, quantities: Mapping[int, int], *, shipping: bool) -> RefundPlan:
    """Give back units of lines, and all that is left of shipping where asked; a line's last unit takes its rest.

    Raises InvalidInput for a line of another order, RefundExceedsPayment for more units or money than are left.
    """
    by_id = {line.order_item_id: line for line in left.lines}
    if foreign := set(quantities) - set(by_id):
        raise InvalidInput.of("items", "unknown_item", f"Not a line of this order: {min(foreign)}.")
    units = sorted(quantities.items())
    shared = [(by_id[item_id], _share_of(by_id[item_id], quantity, left)) for item_id, quantity in units]
    items = [
        PlannedItem(item_id, quantity, share, tax)
        for (item_id, quantity), (_, share), tax in zip(units, shared, _taxes_of(shared), strict=True)
    ]
    shipping_amount = left.shipping if shipping else ZERO
    amount = sum((item.amount for item in items), shipping_amount)
    if not ZERO < amount <= left.amount:
        raise RefundExceedsPayment(refundable_amount=left.amount)
    return RefundPlan(amount=amount, shipping_amount=shipping_amount, items=items, is_by_lines=True)


def plan_rest(left: Left) -> RefundPlan:
    """Give back everything that is left: all units, all shipping."""
    if not left.lines:
        return plan_amount(left, left.amount)
    items = [
        PlannedItem(line.order_item_id, line.units_left, line.amount_left, line.tax_left)
        for line in left.lines
        if line.units_left or line.amount_left
    ]
    return RefundPlan(amount=left.amount, shipping_amount=left.shipping, items=items, is_by_lines=True)


def _taken_by_line(payment: Payment) -> dict[int, tuple[Decimal, Decimal, int]]:
    rows = (
        RefundItem.objects.in_force()
        .filter(refund__payment=payment)
        .values_list("order_item_id")
        .annotate(Sum("amount"), Sum("tax_amount"), Sum("quantity"))
    )
    return {item_id: (amount, tax, quantity) for item_id, amount, tax, quantity in rows}


def _line_left(item: OrderItem, amount: Decimal, tax: Decimal, quantity: int) -> LineLeft:
    worth = item.total_price - item.discount_share + item.tax_added
    whole_tax = item.tax_added + item.tax_included
    return LineLeft(
        order_item_id=item.id,
        quantity=item.quantity,
        units_left=item.quantity - quantity,
        worth=worth,
        amount_left=max(worth - amount, ZERO),
        tax=whole_tax,
        tax_left=max(whole_tax - tax, ZERO),
    )


def _share_of(line: LineLeft, quantity: int, left: Left) -> Decimal:
    if quantity > line.units_left:
        raise RefundExceedsPayment(refundable_amount=left.amount, order_item=line.order_item_id, units=line.units_left)
    if quantity == line.units_left:
        return line.amount_left
    return min(round_money(line.worth * quantity / line.quantity), line.amount_left)


def _taxes_of(shared: Sequence[tuple[LineLeft, Decimal]]) -> list[Decimal]:
    """The tax within each share of a line, in cents by largest remainder of what all of them come to.

    Counted from the line's first refund on, so that roundings do not add up over many refunds; the share that takes
    the rest of a line takes the rest of its tax.
    """
    exact = [_exact_tax(line, share) for line, share in shared]
    taxes = [min(tax.quantize(CENT, ROUND_DOWN), share) for tax, (_, share) in zip(exact, shared, strict=True)]
    missing = round_money(sum(exact, ZERO)) - sum(taxes, ZERO)
    by_remainder = sorted(range(len(shared)), key=lambda i: taxes[i] - exact[i])
    for i in by_remainder:
        line, share = shared[i]
        if missing >= CENT and taxes[i] + CENT <= min(line.tax_left, share):
            taxes[i] += CENT
            missing -= CENT
    return taxes


def _exact_tax(line: LineLeft, share: Decimal) -> Decimal:
    if share == line.amount_left:
        return line.tax_left
    before = line.worth - line.amount_left
    return max(line.tax * (before + share) / line.worth - (line.tax - line.tax_left), ZERO)
