"""products/ and suggest/ over many products: what each request reads, and how long suggestions take.

The heavy proof has 100,000 products; its twin in the normal suite has few, for which the planner would rather read
whole tables, so it is told not to: what is proved there is that an index exists for everything.
"""

from collections.abc import Iterator
from statistics import median
from time import perf_counter

import pytest
from django.db import connection, transaction
from rest_framework.test import APIClient

from products.querysets.products import ORDERINGS
from tests.conftest import ApiClientFor
from tests.factories.authentication import staff_user
from tests.products.large_catalogue import fill_catalogue
from tests.products.plans import reads_of

pytestmark = pytest.mark.django_db

LIST = "/api/v1/products/"
SUGGEST = "/api/v1/products/suggest/"
MOST_ROWS = 10_000
MOST_COUNTED = 10_500  # of each table: 10,001 matches, and the drafts among them
LARGE = {"products_product", "products_productlisting", "products_productvariation", "products_product_categories"}
FILTERS = (
    *("category=branch-7", "category=root-3", "min_price=20", "min_price=204", "max_price=6", "max_price=100"),
    *("in_stock=true", "in_stock=false", "min_rating=4.9", "min_rating=2", "option=Size:M", "option=Size:none"),
    *("updated_after=2025-12-31T00:00:00Z", "updated_after=2024-01-01T00:00:00Z"),
    *("q=dress", "q=crimson+dress", "q=Bamernex", "q=made", "q=MADE-77", "q=sandls", "q=casaul+linnen+dress"),
)
UNFILTERED = [LIST, *(f"{LIST}?ordering={name}" for name in ORDERINGS)]
ADDRESSES = [*UNFILTERED, *(f"{LIST}?{parameters}" for parameters in FILTERS)]
TYPED = (
    *("dr", "dre", "dress", "drses", "be", "hota", "hotam", "crimson dre", "sne", "snaekers", "casual lin", "cashmre"),
    *("turqoise dress", "velvet jakc", "made", "zzzz", "with poc", "ba"),
)


def breaches(client: APIClient, addresses: list[str]) -> list[str]:
    """What reads a whole table, or more than 10,000 rows for a page, or counts beyond its bound."""
    return [f"{address}: {breach}" for address in addresses for breach in _breaches(client, address)]


def _breaches(client: APIClient, address: str) -> Iterator[str]:
    with transaction.atomic():
        reads = reads_of(client, address)
        transaction.set_rollback(True)
    for each in reads:
        # Without a filter nearly every row counts, so the first 10,001 of the table are as good as any.
        counts_all = each.is_count and address in UNFILTERED
        if each.sequential & LARGE and not counts_all:
            yield f"reads all of {each.sequential & LARGE}: {each.sql}"
        if each.is_count and max(each.found.values(), default=0) > MOST_COUNTED:
            yield f"counts {each.found}: {each.sql}"
        if not each.is_count and each.found.total() + each.dropped.total() > MOST_ROWS:
            yield f"reads {each.found} and drops {each.dropped}: {each.sql}"


def milliseconds(client: APIClient, text: str) -> float:
    began = perf_counter()
    assert client.get(SUGGEST, {"q": text}).status_code == 200
    return (perf_counter() - began) * 1000


def test_everything_has_an_index(guest: APIClient, client_for: ApiClientFor) -> None:
    fill_catalogue(2_000)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")

    found = breaches(guest, ADDRESSES) + breaches(client_for(staff_user("products.view_product")), ADDRESSES)
    assert found == [], "\n".join(found)


@pytest.mark.slow
def test_a_page_of_a_hundred_thousand_products(guest: APIClient, client_for: ApiClientFor) -> None:
    fill_catalogue(100_000)

    found = breaches(guest, ADDRESSES) + breaches(client_for(staff_user("products.view_product")), ADDRESSES)
    assert found == [], "\n".join(found)
    taken = sorted(milliseconds(guest, text) for text in TYPED * 3)
    print(f"\nsuggest/ answers in {median(taken):.1f} ms at the median, {taken[-1]:.1f} ms at most")  # noqa: T201
    assert median(taken) < 100
