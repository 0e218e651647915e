"""Availability and the words of names for the products that were there before the triggers kept them."""

from typing import Any

from django.db import migrations

BATCH = 5000
AVAILABILITY = """
UPDATE products_productlisting l SET is_in_stock = true
FROM products_product p
WHERE p.id = l.product_id AND l.product_id > %(after)s AND l.product_id <= %(to)s
    AND NOT l.is_in_stock AND products_is_in_stock(p.id, p.stock_quantity)
"""
WORDS = """
SELECT products_learn_words(string_agg(words, ' ')) FROM products_productlisting
WHERE product_id > %(after)s AND product_id <= %(to)s
"""


def describe_products_there_are(apps: Any, schema_editor: Any) -> None:
    """In batches that each commit by itself, so that no sale waits for longer than one takes."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(min(product_id), 1) - 1, coalesce(max(product_id), 0) FROM products_productlisting"
        )
        first, last = cursor.fetchone()
        for after in range(first, last, BATCH):
            batch = {"after": after, "to": after + BATCH}
            cursor.execute(AVAILABILITY, batch)
            cursor.execute(WORDS, batch)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("products", "0007_search_triggers")]

    operations = [migrations.RunPython(describe_products_there_are, migrations.RunPython.noop)]
