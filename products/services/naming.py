"""Slugs made from names, and clashes of unique values told as errors of the field."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from common.errors import InvalidInput
from common.locking import advisory_lock
from products.models import Category, FormerSlug, Product
from products.models.category import RESERVED_SLUGS

_ROOM_FOR_NUMBER = 8


def free_product_slug(name: str) -> str:
    """A slug for a new product of this name that none has or had; needs a transaction, which keeps it free."""
    stem = _stem(name, longest=280) or "product"
    advisory_lock(f"slug:{stem}")
    taken = set(Product.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    taken.update(FormerSlug.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    return _first_free(stem, taken)


def free_category_slug(name: str) -> str:
    """A slug for a new category of this name that none has; needs a transaction, which keeps it free."""
    stem = _stem(name, longest=120) or "category"
    advisory_lock(f"slug:{stem}")
    return _first_free(stem, set(Category.objects.filter(slug__startswith=stem).values_list("slug", flat=True)))


def _stem(name: str, *, longest: int) -> str:
    return slugify(name)[: longest - _ROOM_FOR_NUMBER].strip("-_")


def _first_free(stem: str, taken: set[str]) -> str:
    if stem not in taken and stem not in RESERVED_SLUGS:
        return stem
    numbers = [int(found[1]) for slug in taken if (found := re.fullmatch(rf"{re.escape(stem)}-(\d{{1,6}})", slug))]
    return f"{stem}-{max(numbers, default=1) + 1}"


@contextmanager
def unique_values(*fields: str, **constraints: str) -> Iterator[None]:
    """Run in a savepoint; a clash with a unique index becomes InvalidInput `unique` of the field it is about.

    An index is known by the field's name in its own name; `constraints` names others, as field=index.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""
        for field, index in ({field: f"_{field}_" for field in fields} | constraints).items():
            if index in constraint:
                raise InvalidInput.of(field, "unique", f"This {field} is taken.") from error
        raise
