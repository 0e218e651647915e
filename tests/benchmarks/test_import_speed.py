"""An import against plain COPY and INSERT: the same catalogue, at least half as fast, in flat memory."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from products.models import Product
from tests.benchmarks import import_reference
from tests.benchmarks.catalogue_file import count_rows, write_catalogue
from tests.benchmarks.imports import Bench, Result, report
from tests.benchmarks.servers import durable_postgres
from tests.emptying import delete_rows

MOST_ROUNDS = 3

_CATALOGUE = """
SELECT p.sku, p.name, p.slug, md5(p.description), p.price, p.compare_price, p.cost_price, p.low_stock_threshold,
    p.weight, p.is_active, p.stock_quantity, md5(l.vector::text),
    (SELECT array_agg(c.name ORDER BY c.name) FROM products_product_categories x
        JOIN products_category c ON c.id = x.category_id WHERE x.product_id = p.id),
    (SELECT array_agg(concat_ws(' ', v.sku, v.name, v.value, v.price_adjustment, v.stock_quantity) ORDER BY v.sku)
        FROM products_productvariation v WHERE v.product_id = p.id),
    (SELECT sum(m.delta) FROM products_stockmovement m WHERE m.product_id = p.id)
FROM products_product p JOIN products_productlisting l ON l.product_id = p.id
ORDER BY p.sku
"""


def _catalogue() -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_CATALOGUE)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


@pytest.mark.django_db(transaction=True)
def test_the_reference_brings_the_same_catalogue(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.csv"
    write_catalogue(path, products=60)
    call_command("import_products", str(path))
    imported = _catalogue()
    delete_rows()

    connection.ensure_connection()
    import_reference.load(connection.connection, path, with_links=True)

    assert _catalogue() == imported
    assert Product.objects.count() == 60


def _best(result: Result, name: str, *, to: str) -> float:
    """How many times as fast as another step, in the best round.

    Of processors, as neighbours on the machine change the clock more; those who fill its caches slow what happens to
    run just then, so one round alone may say anything.
    """
    spent = result.processor_seconds
    return max(other / own for own, other in zip(spent[name], spent[to], strict=True))


@pytest.mark.slow
def test_at_least_half_as_fast_as_plain_sql(tmp_path: Path) -> None:
    with durable_postgres() as server:
        bench = Bench(server, tmp_path, products=50_000)
        for number in range(MOST_ROUNDS):
            bench.run_round(number)
            if _best(bench.result, "new", to="reference") >= 0.5 and _best(bench.result, "unchanged", to="new") >= 4:
                break

    result = bench.result
    told = report(result)
    assert result.rows == count_rows(50_000)
    assert _best(result, "new", to="reference") >= 0.5, told
    assert _best(result, "unchanged", to="new") >= 4, told
    assert result.writes_of_unchanged == 0, told
    assert max(result.peak_mib.values()) < 200, told
