"""What merchants write in a cell, and the value or the refusal that it gives."""

from decimal import Decimal

import pytest

from common.imports.errors import BadValue
from common.imports.values import parse_amount, parse_boolean, parse_moment
from products.imports.lists import join_items, join_paths, split_items, split_paths, split_texts


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("12", "12.00"),
        ("12.5", "12.50"),
        ("$12", "12.00"),
        ("1,299.00", "1299.00"),
        ("1,299", "1299.00"),
        ("₹1,23,456", "123456.00"),
        ("1.299,00 €", "1299.00"),
        ("1\N{NO-BREAK SPACE}299,90", "1299.90"),
        ("1'299.00", "1299.00"),
        ("12,5", "12.50"),
        ("USD 12.50", "12.50"),
        ("12.50EUR", "12.50"),
        ("12.5000", "12.50"),
        ("0", "0.00"),
        ("99999999.99", "99999999.99"),
    ],
)
def test_an_amount(text: str, amount: str) -> None:
    assert str(parse_amount(text)) == amount


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "not_a_number"),
        ("abc", "not_a_number"),
        ("1e5", "not_a_number"),
        ("NaN", "not_a_number"),
        ("Infinity", "not_a_number"),
        ("١٢", "not_a_number"),
        ("1,29,9", "not_a_number"),
        ("0,125", "not_a_number"),
        ("1.2.3", "not_a_number"),
        ("9" * 50, "not_a_number"),
        ("1.299", "too_many_decimals"),
        ("-0.01", "negative"),
        ("100000000", "too_large"),
    ],
)
def test_no_amount(text: str, code: str) -> None:
    with pytest.raises(BadValue) as caught:
        parse_amount(text)

    assert caught.value.code == code


def test_an_adjustment_may_be_below_zero() -> None:
    assert parse_amount("\N{MINUS SIGN}1.50", may_be_negative=True) == Decimal("-1.50")


@pytest.mark.parametrize(("text", "value"), [("TRUE", True), ("yes", True), ("1", True), ("No", False), ("0", False)])
def test_a_boolean(text: str, value: bool) -> None:
    assert parse_boolean(text) is value


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2020-01-02T03:04:05Z", "2020-01-02T03:04:05+00:00"),
        ("2020-01-02 03:04", "2020-01-02T03:04:00+00:00"),
        ("2020-01-02T03:04:05+02:00", "2020-01-02T03:04:05+02:00"),
    ],
)
def test_a_moment(text: str, moment: str) -> None:
    assert parse_moment(text) == moment


@pytest.mark.parametrize("text", ["tomorrow", "2020-13-01", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_no_moment(text: str) -> None:
    with pytest.raises(BadValue) as refused:
        parse_moment(text)

    assert refused.value.code == "bad_date"


def test_paths_of_categories() -> None:
    assert split_paths(r"A > B|A>B | C\>D > E\|F | ", longest_level=10) == [["A", "B"], ["C>D", "E|F"]]


@pytest.mark.parametrize(
    ("cell", "code"),
    [("A > > B", "blank_level"), (" > ".join("ABCDEFGHIJK"), "too_deep"), ("A > Bcdefghijkl", "too_long")],
)
def test_no_path_of_categories(cell: str, code: str) -> None:
    with pytest.raises(BadValue) as caught:
        split_paths(cell, longest_level=10)

    assert caught.value.code == code


@pytest.mark.parametrize("items", [["a|b", "c\\", "x > y"], ["\\", "|", ">", "\\|"], ["plain"]])
def test_what_is_joined_splits_again(items: list[str]) -> None:
    assert split_items(join_items(items)) == items
    assert split_paths(join_paths([items]), longest_level=10) == [items]


def test_blank_texts_keep_their_places() -> None:
    assert split_texts(join_items(["", "b", ""])) == ["", "b", ""]
