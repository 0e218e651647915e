"""Writes to the category tree, one at a time, so that it stays a tree."""

from collections.abc import Callable
from typing import Any

from django.db import connection, transaction

from common import outbox
from common.errors import InvalidInput
from common.locking import advisory_lock, lock_row
from products.errors import CategoryNotEmpty
from products.models import Category
from products.services.images import store_picture
from products.services.naming import free_category_slug, unique_values
from products.services.pictures import clean_picture

Check = Callable[[Category], None]

MOST_LEVELS = 100


def any_state(category: Category) -> None:
    """The check that holds for every category."""


@transaction.atomic
def create_category(*, fields: dict[str, Any]) -> Category:
    """Create a category; without a slug one is made from the name.

    Raises InvalidInput where the slug is taken or the tree would get too deep.
    """
    hold_tree()
    parent = fields.get("parent")
    if parent is not None:
        check_place(Category(), parent)
    slug = fields.get("slug") or free_category_slug(fields["name"])
    with unique_values("slug"):
        category: Category = Category.objects.create(**{**fields, "slug": slug})
    return category


@transaction.atomic
def update_category(*, category_id: int, fields: dict[str, Any], check: Check = any_state) -> Category:
    """Change or move a category, if `check` (of the category as it is under the lock) does not raise.

    Raises InvalidInput where the slug is taken, the new parent is the category itself or below it, or the tree
    would get too deep.
    """
    hold_tree()
    category = lock_row(Category.objects.filter(id=category_id))
    check(category)
    parent = fields.get("parent")
    if parent is not None and parent.id != category.parent_id:
        check_place(category, parent)
    for name, value in fields.items():
        setattr(category, name, value)
    if fields:
        with unique_values("slug"):
            category.save(update_fields=[*fields, "updated_at"])
    return category


@transaction.atomic
def delete_category(*, category_id: int, check: Check = any_state) -> None:
    """Delete a category without subcategories; its products stay, in their other categories.

    Raises CategoryNotEmpty while it has subcategories. Emits `category.deleted`.
    """
    hold_tree()
    category = lock_row(Category.objects.filter(id=category_id))
    check(category)
    if category.children.exists():
        raise CategoryNotEmpty
    category.delete()
    outbox.emit("category.deleted", resource=f"category:{category_id}", category_id=category_id, slug=category.slug)


def store_image(content: bytes) -> str:
    """Store a category's picture, made safe, and return its name; raises InvalidInput for what is none."""
    name, cleaned = clean_picture(content)
    return store_picture(f"categories/{name}", cleaned)


def check_place(category: Category, parent: Category) -> None:
    """Whether a new or present category may stand below the parent.

    Raises InvalidInput where the parent is gone, is the category itself or below it, or the tree would get too deep.
    """
    if not Category.objects.filter(id=parent.id).exists():
        raise InvalidInput.of("parent", "does_not_exist", "There is no such category.")
    levels = 1
    if category.pk is not None:
        below = Category.objects.branch(category.slug)
        if below and parent.id in below.ids:
            raise InvalidInput.of("parent", "cycle", "A category cannot be moved below itself.")
        levels = Category.objects.height_of(category.pk)
    if len(Category.objects.ancestors_of(parent.id)) + 1 + levels > MOST_LEVELS:
        raise InvalidInput.of("parent", "too_deep", f"Categories go at most {MOST_LEVELS} levels deep.")


def hold_tree() -> None:
    """Two moves that are fine alone can make a cycle together, so moves wait for each other."""
    advisory_lock("products:category-tree")


def judge_moves_together() -> None:
    """Have the database look for cycles when the transaction ends, so that two categories can change places."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS products_category_no_cycle_new, products_category_no_cycle_moved DEFERRED")
