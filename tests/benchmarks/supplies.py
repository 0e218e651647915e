"""What requests are about: slugs, categories, words and people of the shop that was made, many of each."""

import random
from dataclasses import dataclass
from typing import Any

from tests.benchmarks.shop_data import connected, read

MOST = 400
FEWEST_HITS, MOST_HITS = 5, 500

_SOME_PRODUCTS = """
SELECT id, slug, name, sku, stock_quantity > 0 AND NOT EXISTS (
    SELECT FROM products_productvariation v WHERE v.product_id = p.id)
FROM products_product p WHERE is_active AND id = ANY(%s) ORDER BY id
"""
_HITS = """
SELECT count(*) FROM (
    SELECT FROM products_productlisting WHERE vector @@ websearch_to_tsquery('products_text', %s) LIMIT %s) s
"""


@dataclass(frozen=True)
class Supplies:
    """Some of everything, chosen by chance, the same for the same shop."""

    slugs: list[str]
    names: list[str]
    sellable: list[int]
    categories: list[str]
    searches: list[str]
    prefixes: list[str]
    active: int  # products on offer
    list_pages: int
    category_pages: int

    def chance(self, step: str) -> random.Random:
        """The step's own chance."""
        return random.Random(step)


def read_supplies(url: str) -> Supplies:
    """Choose from the shop at the address."""
    chance = random.Random(1)
    [(most,)] = read(url, "SELECT max(id) FROM products_product")
    wanted = chance.sample(range(1, most + 1), min(most, 8 * MOST))
    products = read(url, _SOME_PRODUCTS, [wanted])
    names = [name for _id, _slug, name, _sku, _sells in products]
    categories = [slug for (slug,) in read(url, "SELECT slug FROM products_category ORDER BY id")]
    return Supplies(
        slugs=[slug for _id, slug, *_ in products][: 2 * MOST],
        names=names,
        sellable=[product_id for product_id, *_, sells in products if sells],
        categories=categories,
        searches=_searches(url, names, chance),
        prefixes=_prefixes(names, chance),
        active=read(url, "SELECT count(*) FROM products_product WHERE is_active")[0][0],
        list_pages=max(1, min(100, most // 30)),
        category_pages=max(1, min(4, most // 4000)),
    )


def _searches(url: str, names: list[str], chance: random.Random) -> list[str]:
    """Words of names, one to three, that find between a handful and some hundreds."""
    found: dict[str, Any] = {}
    fewest = min(FEWEST_HITS, len(names) // 20)
    with connected(url) as cursor:
        for name in chance.sample(names, min(len(names), 3 * MOST)):
            words = name.lower().split()
            text = " ".join(sorted(chance.sample(words, chance.choice((1, 1, 2, 3))), key=words.index))
            cursor.execute(_HITS, [text, MOST_HITS + 1])
            if fewest <= cursor.fetchone()[0] <= MOST_HITS:  # type: ignore[index]  # count has a row
                found[text] = True
            if len(found) == MOST:
                break
    return list(found)


def _prefixes(names: list[str], chance: random.Random) -> list[str]:
    """What somebody has typed so far: a beginning of a word of a name, at times behind a whole one."""
    typed = []
    for name in chance.sample(names, min(len(names), MOST)):
        words = name.lower().split()
        place = chance.randrange(len(words))
        word = words[place][: chance.randint(2, max(3, len(words[place]) - 1))]
        typed.append(f"{words[place - 1]} {word}" if place and chance.random() < 0.3 else word)
    return typed
