"""Named reads of categories: the tree at any depth, by recursive queries that end even on a cycle."""

from typing import TYPE_CHECKING

from django.db import connection, models

if TYPE_CHECKING:
    pass

_BRANCH = """
WITH RECURSIVE branch(id) AS (
    SELECT id FROM products_category WHERE slug = %s
    UNION
    SELECT c.id FROM products_category c JOIN branch b ON c.parent_id = b.id
)
SELECT id FROM branch
"""
_ANCESTORS = """
WITH RECURSIVE up(id, parent_id, name, slug, distance) AS (
    SELECT id, parent_id, name, slug, 0 FROM products_category WHERE id = %s
    UNION ALL
    SELECT c.id, c.parent_id, c.name, c.slug, up.distance + 1
    FROM products_category c JOIN up ON c.id = up.parent_id
) CYCLE id SET is_cycle USING path
SELECT id, name, slug FROM up WHERE NOT is_cycle AND distance > 0 ORDER BY distance DESC
"""
_HEIGHT = """
WITH RECURSIVE branch(id, depth) AS (
    SELECT %s::bigint, 1
    UNION ALL
    SELECT c.id, b.depth + 1 FROM products_category c JOIN branch b ON c.parent_id = b.id
) CYCLE id SET is_cycle USING path
SELECT max(depth) FROM branch WHERE NOT is_cycle
"""


class CategoryQuerySet(models.QuerySet["Category"]):
    """Reads of categories."""

    def branch_ids(self, slug: str) -> list[int]:
        """The ids of the category and all that is below it; empty where there is no such category."""
        with connection.cursor() as cursor:
            cursor.execute(_BRANCH, [slug])
            return [row[0] for row in cursor.fetchall()]

    def ancestors_of(self, category_id: int) -> list[dict[str, object]]:
        """`id, name, slug` of all that is above the category, the root first."""
        with connection.cursor() as cursor:
            cursor.execute(_ANCESTORS, [category_id])
            return [dict(zip(("id", "name", "slug"), row, strict=True)) for row in cursor.fetchall()]

    def height_of(self, category_id: int) -> int:
        """How many levels the branch below and including the category has; 1 for a leaf."""
        with connection.cursor() as cursor:
            cursor.execute(_HEIGHT, [category_id])
            return int(cursor.fetchone()[0])

    def by_name(self) -> "CategoryQuerySet":
        """In the order of people, ended by the primary key."""
        return self.order_by("name", "id")

    def updated_after(self, moment: object) -> "CategoryQuerySet":
        """Those that changed after the moment."""
        return self.filter(updated_at__gt=moment)
