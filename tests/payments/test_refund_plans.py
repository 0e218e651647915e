"""Refunds in any parts, by amount or by lines, end at exactly nothing, money and tax; pure arithmetic."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from payments.errors import RefundExceedsPayment
from payments.services.refund_plans import Left, LineLeft, RefundPlan, plan_amount, plan_lines, plan_rest

CENT = Decimal("0.01")


def money(most: int) -> st.SearchStrategy[Decimal]:
    return st.integers(min_value=0, max_value=most).map(lambda cents: Decimal(cents) / 100)


@st.composite
def orders(draw: st.DrawFn) -> Left:
    """What was paid: lines with their tax, and shipping."""
    lines = []
    for number in range(draw(st.integers(min_value=1, max_value=6))):
        worth, quantity = draw(money(5000)), draw(st.integers(min_value=1, max_value=5))
        percent = draw(st.sampled_from((0, 5, 7, 19, 25)))
        tax = (worth * percent / (100 + percent)).quantize(CENT)
        lines.append(LineLeft(number, quantity, quantity, worth, worth, tax, tax))
    shipping = draw(money(2000))
    return Left(amount=sum((line.worth for line in lines), shipping), lines=lines, shipping=shipping)


Part = tuple[str, int, int]
parts = st.lists(
    st.tuples(
        st.sampled_from(("amount", "line", "shipping")),
        st.integers(min_value=1, max_value=600),
        st.integers(min_value=0, max_value=5),
    ),
    max_size=12,
)


def _plan(left: Left, part: Part) -> RefundPlan | None:
    kind, cents, place = part
    try:
        if kind == "amount":
            return plan_amount(left, Decimal(cents) / 100)
        line = left.lines[place % len(left.lines)]
        wanted = {line.order_item_id: 1 + cents % 2} if kind == "line" else {}
        return plan_lines(left, wanted, shipping=kind == "shipping")
    except RefundExceedsPayment:
        return None


def _after(left: Left, plan: RefundPlan) -> Left:
    items = {item.order_item_id: item for item in plan.items}
    lines = []
    for line in left.lines:
        item = items.get(line.order_item_id)
        if item:
            line = replace(  # noqa: PLW2901
                line,
                units_left=line.units_left - item.quantity,
                amount_left=line.amount_left - item.amount,
                tax_left=line.tax_left - item.tax_amount,
            )
        lines.append(line)
    return Left(left.amount - plan.amount, lines, left.shipping - plan.shipping_amount)


def _is_sound(left: Left, plan: RefundPlan) -> None:
    by_id: Mapping[int, LineLeft] = {line.order_item_id: line for line in left.lines}
    assert plan.amount == plan.shipping_amount + sum(item.amount for item in plan.items)
    for item in plan.items:
        line = by_id[item.order_item_id]
        assert 0 <= item.amount <= line.amount_left
        assert 0 <= item.tax_amount <= min(item.amount, line.tax_left)
        assert 0 <= item.quantity <= line.units_left


@given(orders(), parts)
def test_any_parts_end_at_exactly_nothing(paid: Left, wanted: list[Part]) -> None:
    left = paid
    for part in wanted:
        plan = _plan(left, part)
        if plan is not None:
            _is_sound(left, plan)
            left = _after(left, plan)
    if left.amount:
        rest = plan_rest(left)
        left = _after(left, rest)

    assert (left.amount, left.shipping) == (Decimal(0), Decimal(0))
    assert all(line.amount_left == 0 for line in left.lines)
    assert all(line.tax_left == 0 for line in left.lines if line.worth)


@given(orders(), parts)
def test_tax_keeps_pace_with_the_money(paid: Left, wanted: list[Part]) -> None:
    left = paid
    for part in wanted:
        plan = _plan(left, part)
        left = left if plan is None else _after(left, plan)

    for line in left.lines:
        if line.worth:
            fair = line.tax * (line.worth - line.amount_left) / line.worth
            assert abs(line.tax - line.tax_left - fair) <= CENT * 2


def test_small_shares_of_many_lines_carry_their_tax_together() -> None:
    lines = [LineLeft(n, 1, 1, Decimal("2.40"), Decimal("2.40"), Decimal("0.40"), Decimal("0.40")) for n in range(50)]
    left = Left(Decimal("120.00"), lines, Decimal("0.00"))

    taxes = []
    for amount in ("1.00", "4.00", "4.50"):
        plan = plan_amount(left, Decimal(amount))
        taxes.append(sum(item.tax_amount for item in plan.items))
        left = _after(left, plan)

    assert taxes[0] == Decimal("0.17")
    assert abs(taxes[1] - Decimal("0.67")) <= CENT
    assert abs(taxes[2] - Decimal("0.75")) <= CENT
