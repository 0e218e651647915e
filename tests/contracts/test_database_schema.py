"""The migrated database against docs/database-schema.md, table by table and column by column."""

import pytest
from django.db import connection

from tests.contracts.schema_page import Column, deviations, read_page

pytestmark = pytest.mark.django_db

DOCUMENTED_TABLES = 19


def test_page_names_all_tables() -> None:
    assert len(read_page()) == DOCUMENTED_TABLES


def test_page_is_read_column_by_column() -> None:
    tables = read_page()

    assert tables["orders_cartitem"].columns["quantity"] == Column("integer", not_null=True, default="1")
    assert tables["products_product"].columns["price"] == Column("numeric(10,2)", not_null=True)
    assert tables["orders_order"].columns["user_id"].references == "authentication_user"
    assert ("cart_id", "product_id", "variation_id") in tables["orders_cartitem"].unique


def test_database_has_no_deviation() -> None:
    assert deviations() == []


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("ALTER TABLE orders_order DROP COLUMN notes", "orders_order.notes is missing"),
        ("ALTER TABLE products_product ALTER COLUMN weight TYPE numeric(12,2)", "products_product.weight"),
        ("ALTER TABLE payments_refund ALTER COLUMN reason DROP NOT NULL", "payments_refund.reason"),
        ('ALTER TABLE products_productimage ALTER COLUMN "order" DROP DEFAULT', "products_productimage.order"),
        ("DROP INDEX orders_order_status", "orders_order has no index on (status)"),
        ("DROP TABLE analytics_productview", "analytics_productview is missing"),
        (
            "ALTER TABLE products_productreview DROP CONSTRAINT products_productreview_once",
            "products_productreview has no unique index on (product_id, user_id)",
        ),
    ],
)
def test_broken_schema_is_named(change: str, named: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(change)

    found = deviations()

    assert any(deviation.startswith(named) for deviation in found), found
