"""Makes the categories that a file names and the shop does not have yet."""

from collections.abc import Iterable, Iterator
from itertools import count

from django.db import connection
from django.utils.text import slugify

from products.imports.lists import CategoryPath
from products.models import Category
from products.models.category import RESERVED_SLUGS

_LONGEST_SLUG = 120
_NAMED_PATHS = """
SELECT DISTINCT ARRAY(SELECT jsonb_array_elements_text(e.path))
FROM import_place p CROSS JOIN LATERAL jsonb_array_elements(p.categories) AS e (path)
WHERE NOT p.all_there
"""
_KNOWN_PATHS = "SELECT min(id), ARRAY(SELECT jsonb_array_elements_text(path)) FROM import_category GROUP BY path"
_LEARN = "INSERT INTO import_category (id, path, first_id) SELECT %(id)s, to_jsonb(%(path)s::text[]), %(id)s"


def create_missing_categories() -> list[int]:
    """Create the categories named by accepted rows, level by level; returns the keys of the new ones.

    Needs the temporary tables of category paths and places, and adds the new ones to the former.
    """
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN_PATHS)
        known = {tuple(path): category_id for category_id, path in cursor.fetchall()}
        cursor.execute(_NAMED_PATHS)
        named = [tuple(path) for (path,) in cursor.fetchall()]
        missing = sorted(set(_with_ancestors(named)).difference(known), key=lambda path: (len(path), path))
        if not missing:
            return []
        taken = set(Category.objects.values_list("slug", flat=True)) | set(RESERVED_SLUGS)
        for path in missing:
            category = Category.objects.create(
                name=path[-1], slug=_free_slug(path, taken), parent_id=known.get(path[:-1])
            )
            known[path] = category.id
            taken.add(category.slug)
            cursor.execute(_LEARN, {"id": category.id, "path": list(path)})
    return [known[path] for path in missing]


def _with_ancestors(paths: Iterable[CategoryPath]) -> Iterator[CategoryPath]:
    for path in paths:
        for depth in range(1, len(path) + 1):
            yield path[:depth]


def _free_slug(path: CategoryPath, taken: set[str]) -> str:
    """Return the slug of the name, with the levels above where that is taken, else with a number."""
    own = slugify(path[-1])[:_LONGEST_SLUG] or "category"
    whole = slugify(" ".join(path))[:_LONGEST_SLUG] or own
    for slug in (own, whole):
        if slug not in taken:
            return slug
    return next(slug for number in count(2) if (slug := f"{whole[: _LONGEST_SLUG - 8]}-{number}") not in taken)
