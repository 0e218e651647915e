"""Writes a native catalogue file of any size, the same for the same size: what a large shop's own export looks like."""

import csv
import random
from collections.abc import Iterator
from decimal import Decimal
from itertools import accumulate
from pathlib import Path

COLUMNS = (
    *("sku", "parent_sku", "name", "slug", "description", "price", "compare_price", "cost_price", "stock_quantity"),
    *("low_stock_threshold", "weight", "is_active", "tax_class", "categories", "option_name", "option_value"),
    "price_adjustment",
)
VARIED = 20  # one in so many products sells by variation
SIZES = ("S", "M", "L", "XL")
DEPARTMENTS, SHELVES = 40, 25
_WORDS = 3_000
_SYLLABLES = ("ba", "lo", "mi", "ter", "sun", "ka", "ver", "no", "pel", "dri", "gam", "es", "tor", "ful", "ing", "ran")


def count_rows(products: int) -> int:
    """Rows of the file below its header."""
    return products + len(SIZES) * _varied(products)


def _varied(products: int) -> int:
    return (products + VARIED - 1) // VARIED


def write_catalogue(path: Path, *, products: int) -> None:
    """Write so many products, one in twenty with four sizes: two levels of categories, descriptions of 200 to 2,000
    letters of HTML whose words are as unevenly frequent as those of a language."""
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(_rows(products))


def _rows(products: int) -> Iterator[dict[str, object]]:
    chance = random.Random(products)
    words = ["".join(chance.choices(_SYLLABLES, k=chance.randint(2, 4))) for _ in range(_WORDS)]
    weights = list(accumulate(1 / (rank + 10) for rank in range(_WORDS)))
    paragraphs = [_paragraph(chance, chance.choices(words, cum_weights=weights, k=40)) for _ in range(5_000)]
    for number in range(products):
        name = " ".join(chance.choices(words, cum_weights=weights, k=4)).title()
        is_varied = number % VARIED == 0
        price = Decimal(chance.randint(199, 49_999)) / 100
        yield {
            "sku": f"P-{number:07}",
            "name": name,
            "slug": f"{name.lower().replace(' ', '-')}-{number}",
            "description": "".join(chance.choices(paragraphs, k=chance.choices((1, 2, 3, 6), (6, 5, 3, 1))[0])),
            "price": price,
            "compare_price": price + 10 if number % 3 == 0 else "",
            "cost_price": (price / 2).quantize(Decimal("0.01")),
            "stock_quantity": "" if is_varied else chance.randint(0, 500),
            "low_stock_threshold": 5,
            "weight": Decimal(chance.randint(5, 900)) / 100,
            "is_active": "true",
            "categories": _places(chance),
        }
        if is_varied:
            yield from (_variation(number, place, size) for place, size in enumerate(SIZES))


def _paragraph(chance: random.Random, words: list[str]) -> str:
    end = chance.randint(25, 40)
    return f"<p><strong>{words[0].title()}</strong> {' '.join(words[1:end])}.</p>\n<ul><li>{words[-1]}</li></ul>\n"


def _places(chance: random.Random) -> str:
    count = chance.choices((1, 2), (4, 1))[0]
    places = {(chance.randrange(DEPARTMENTS), chance.randrange(SHELVES)) for _ in range(count)}
    return " | ".join(f"Department {department} > Shelf {department}-{shelf}" for department, shelf in sorted(places))


def _variation(number: int, place: int, size: str) -> dict[str, object]:
    return {
        "sku": f"P-{number:07}-{size}",
        "parent_sku": f"P-{number:07}",
        "stock_quantity": place * 7,
        "option_name": "Size",
        "option_value": size,
        "price_adjustment": place,
    }
