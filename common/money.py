"""Money: decimals of two places, rounded half up, and splits whose parts always sum to the whole."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
MAX_AMOUNT = Decimal("99999999.99")


def round_money(amount: Decimal) -> Decimal:
    """The amount in whole cents, halves away from zero (the one rounding rule of the shop)."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def percentage(amount: Decimal, percent: Decimal) -> Decimal:
    """So many per cent of the amount, in whole cents."""
    return round_money(amount * percent / 100)


def contained_tax(gross: Decimal, percent: Decimal) -> Decimal:
    """The tax that a gross amount contains at a rate in per cent, in whole cents."""
    return round_money(gross - gross / (1 + percent / 100))


def split(amount: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Split a non-negative amount in proportion to the weights, in whole cents, by largest remainder.

    The parts sum to the amount and no part exceeds its exact share by a cent or more; equal remainders go to the
    earlier part. With no weight at all the last part takes everything. Raises ValueError for no parts, a negative
    amount or weight, and an amount that is not in whole cents.
    """
    if not weights:
        raise ValueError("nothing to split over")
    if amount < 0 or any(weight < 0 for weight in weights):
        raise ValueError("amounts and weights must not be negative")
    if amount != round_money(amount):
        raise ValueError("only whole cents can be split")
    whole = sum(map(Fraction, weights))
    if whole == 0:
        return [ZERO] * (len(weights) - 1) + [amount]
    exact_cents = [Fraction(amount) * 100 * Fraction(weight) / whole for weight in weights]
    cents = [int(share) for share in exact_cents]
    by_remainder = sorted(range(len(cents)), key=lambda index: (cents[index] - exact_cents[index], index))
    for index in by_remainder[: int(amount * 100) - sum(cents)]:
        cents[index] += 1
    return [CENT * share for share in cents]
