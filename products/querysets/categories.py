"""Named reads of categories: the tree at any depth, by recursive queries that end even on a cycle."""

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.db.models import Case, F, Func, Value, When

from products.querysets.marks import TREE_MARK

if TYPE_CHECKING:
    from products.models import Category  # noqa: F401

_BRANCH = f"""
WITH RECURSIVE branch(id) AS (
    SELECT id FROM products_category WHERE slug = %s
    UNION
    SELECT c.id FROM products_category c JOIN branch b ON c.parent_id = b.id
)
SELECT id, {TREE_MARK} FROM branch
"""  # noqa: S608 - constants of this package
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
_WALK = """
WITH RECURSIVE walk(id, depth, path) AS (
    SELECT id, 0, ARRAY[lower(name) || ' ' || id] FROM products_category WHERE parent_id IS NULL
    UNION ALL
    SELECT c.id, w.depth + 1, w.path || (lower(c.name) || ' ' || c.id)
    FROM products_category c JOIN walk w ON c.parent_id = w.id
)
SELECT id, depth FROM walk ORDER BY path
"""


class Branch(NamedTuple):
    """The ids of a category and all that is below it, and the mark of the tree in which they are it."""

    ids: tuple[int, ...]
    tree: int


class CategoryQuerySet(models.QuerySet["Category"]):
    """Reads of categories."""

    def branch(self, slug: str) -> Branch | None:
        """The category and all that is below it; None where there is no such category."""
        with connection.cursor() as cursor:
            cursor.execute(_BRANCH, [slug])
            rows = cursor.fetchall()
        return Branch(tuple(row[0] for row in rows), rows[0][1]) if rows else None

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

    def in_tree_order(self) -> "CategoryQuerySet":
        """Each below its parent, siblings by name; adds `place` and `depth`, 0 for a root."""
        with connection.cursor() as cursor:
            cursor.execute(_WALK)
            rows = cursor.fetchall()
        ids = Value([row[0] for row in rows], ArrayField(models.BigIntegerField()))
        at_depth: dict[int, list[int]] = defaultdict(list)
        for pk, depth in rows:
            at_depth[depth].append(pk)
        return self.annotate(
            place=Func(ids, F("id"), function="array_position", output_field=models.IntegerField()),
            depth=Case(*(When(id__in=pks, then=Value(depth)) for depth, pks in at_depth.items()), default=Value(0)),
        ).order_by("place")
