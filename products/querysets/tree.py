"""The whole category tree, nested, from one statement."""

from collections import defaultdict
from typing import Any

from products.models import Category

DEEPEST_SHOWN = 100  # levels; JSON cannot nest without end


def category_tree() -> list[dict[str, Any]]:
    """The roots, each with its branch: `id, name, slug, children`, siblings by name."""
    below: dict[int | None, list[dict[str, Any]]] = defaultdict(list)
    for pk, name, slug, parent_id in Category.objects.by_name().values_list("id", "name", "slug", "parent_id"):
        below[parent_id].append({"id": pk, "name": name, "slug": slug, "children": []})
    level = below[None]
    for _ in range(DEEPEST_SHOWN - 1):
        for node in level:
            node["children"] = below[node["id"]]
        level = [child for node in level for child in node["children"]]
    return below[None]
