"""Keeping the marks of the catalogue's state short; what they are stands at `CatalogueState`."""

from django.db import connection

# What is deleted and what is added are the same rows, so whoever reads sees the same sums before and after. The sums
# stay below 2^60; of two folds at once the second finds nothing left to delete.
_FOLD = """
WITH gone AS (DELETE FROM products_cataloguechange RETURNING tree, membership),
sums AS (SELECT coalesce(sum(tree), 0) AS tree, coalesce(sum(membership), 0) AS membership FROM gone)
INSERT INTO products_cataloguestate AS state (id, tree, membership)
SELECT 1, tree, membership FROM sums WHERE tree + membership > 0
ON CONFLICT (id) DO UPDATE SET
    tree = (state.tree + excluded.tree) % (1::bigint << 60),
    membership = (state.membership + excluded.membership) % (1::bigint << 60)
"""


def fold_changes() -> None:
    """Fold the changes that are committed into the one row of sums."""
    with connection.cursor() as cursor:
        cursor.execute(_FOLD)
