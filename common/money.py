"""Money: decimals of two places, rounded half up, and splits whose parts always sum to the whole."""

from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

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
    amount or a negative weight.
    """
    if not weights:
        raise ValueError("nothing to split over")
    if amount < 0 or any(weight < 0 for weight in weights):
        raise ValueError("amounts and weights must not be negative")
    whole = sum(weights, Decimal(0))
    if whole == 0:
        return [ZERO] * (len(weights) - 1) + [amount]
    exact = [amount * weight / whole for weight in weights]
    parts = [share.quantize(CENT, rounding=ROUND_DOWN) for share in exact]
    missing_cents = int((amount - sum(parts, Decimal(0))) / CENT)
    by_remainder = sorted(range(len(parts)), key=lambda index: (parts[index] - exact[index], index))
    for index in by_remainder[:missing_cents]:
        parts[index] += CENT
    return parts
