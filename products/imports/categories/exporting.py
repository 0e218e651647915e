"""Writes the category tree as a file: each parent before its children; importing it again changes nothing."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from common.imports.formulas import protect
from products.models import Category

COLUMNS = ("slug", "parent_slug", "name", "description", "image")


def export_tree() -> Iterator[Sequence[str]]:
    """Yield the header and the rows, level by level, within a level by slug, so that equal trees are equal files."""
    yield COLUMNS
    below: dict[int | None, list[Category]] = defaultdict(list)
    for category in Category.objects.select_related("parent").order_by("slug", "pk"):
        below[category.parent_id].append(category)
    level = below[None]
    while level:
        for each in sorted(level, key=lambda category: category.slug):
            parent = each.parent.slug if each.parent else ""
            cells = (each.slug, parent, each.name, each.description or "", str(each.image or ""))
            yield [protect(cell) for cell in cells]
        level = [child for each in level for child in below[each.pk]]
