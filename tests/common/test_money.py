"""Money: rounding, percentages, contained tax, and splits that lose no cent."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.money import contained_tax, percentage, round_money, split

amounts = st.decimals(min_value=0, max_value=Decimal("99999999.99"), places=2)
weights = st.lists(amounts, min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("exact", "rounded"),
    [("1.005", "1.01"), ("1.0049", "1.00"), ("2.675", "2.68"), ("-1.005", "-1.01"), ("0.015", "0.02"), ("3", "3.00")],
)
def test_halves_go_away_from_zero(exact: str, rounded: str) -> None:
    assert str(round_money(Decimal(exact))) == rounded


@pytest.mark.parametrize(
    ("amount", "percent", "part"),
    [("19.99", "12.5", "2.50"), ("0.05", "10", "0.01"), ("0.04", "10", "0.00"), ("100", "8.875", "8.88")],
)
def test_percentage(amount: str, percent: str, part: str) -> None:
    assert str(percentage(Decimal(amount), Decimal(percent))) == part


@pytest.mark.parametrize(
    ("gross", "percent", "tax"),
    [("119.00", "19", "19.00"), ("10.00", "19", "1.60"), ("107.00", "7", "7.00"), ("5.00", "0", "0.00")],
)
def test_contained_tax(gross: str, percent: str, tax: str) -> None:
    assert str(contained_tax(Decimal(gross), Decimal(percent))) == tax


@pytest.mark.parametrize(
    ("amount", "by", "parts"),
    [
        ("10.00", ["1", "1", "1"], ["3.34", "3.33", "3.33"]),
        ("0.02", ["1", "1", "1"], ["0.01", "0.01", "0.00"]),
        ("1.00", ["0.50", "0.25", "0.25"], ["0.50", "0.25", "0.25"]),
        ("0.01", ["1", "2"], ["0.00", "0.01"]),
        ("5.00", ["0", "0"], ["0.00", "5.00"]),
        ("0.00", ["3", "4"], ["0.00", "0.00"]),
        ("10.00", ["0", "7"], ["0.00", "10.00"]),
    ],
)
def test_largest_remainders_get_the_missing_cents(amount: str, by: list[str], parts: list[str]) -> None:
    assert [str(part) for part in split(Decimal(amount), [Decimal(weight) for weight in by])] == parts


@pytest.mark.parametrize(("amount", "by"), [("1.00", []), ("-1.00", ["1"]), ("1.00", ["1", "-1"]), ("0.005", ["1"])])
def test_what_cannot_be_split_is_refused(amount: str, by: list[str]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        split(Decimal(amount), [Decimal(weight) for weight in by])


@given(amount=amounts, by=weights)
def test_parts_sum_to_the_whole_and_stay_within_a_cent_of_their_share(amount: Decimal, by: list[Decimal]) -> None:
    parts = split(amount, by)

    assert sum(parts) == amount
    whole = sum(by)
    if whole:
        shares = [amount * weight / whole for weight in by]
        assert all(abs(part - share) < Decimal("0.0100001") for part, share in zip(parts, shares, strict=True))
        assert amount > whole or all(part <= weight for part, weight in zip(parts, by, strict=True))
