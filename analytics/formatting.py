"""Figures as people read them, for the admin's pages."""

from decimal import Decimal

from django.conf import settings


def money(amount: Decimal) -> str:
    """The amount with thousands apart and the shop's currency, never broken over two lines."""
    return f"{amount:,.2f}\N{NO-BREAK SPACE}{settings.SHOP_CURRENCY}"


def change(now: Decimal | int, before: Decimal | int) -> str:
    """How much more or less than before, in per cent; empty where there was nothing to compare with."""
    if before <= 0:
        return ""
    percent = (Decimal(now) - Decimal(before)) / Decimal(before) * 100
    return f"{percent:+.0f} %"


def share(part: float) -> str:
    """A ratio in per cent."""
    return f"{part * 100:.1f}\N{NO-BREAK SPACE}%"
