"""Finds what the shop has come to need of a batch's new rows: every table that refers to them, whoever owns it."""
# ruff: noqa: SLF001 - Django's models tell about themselves in _meta

from collections.abc import Iterator

from django.db.models import ManyToOneRel, Model

from products.models import (
    BoughtTogether,
    Category,
    FormerSlug,
    PastPrice,
    Product,
    ProductCategory,
    ProductImage,
    ProductListing,
    ProductVariation,
    StockAlert,
    StockMovement,
    WantedPicture,
)

# What belongs to a product goes with it, and an undo looks itself for what changed of it.
_PARTS = (
    BoughtTogether,
    FormerSlug,
    PastPrice,
    ProductCategory,
    ProductImage,
    ProductListing,
    ProductVariation,
    StockAlert,
    StockMovement,
    WantedPicture,
)
# What stands in a category keeps it too, but may itself be about to go; that is seen when it is its turn.
_PARTS_OF_CATEGORIES = (Category, ProductCategory)

_FIND_USES = """
UPDATE undo_row u SET uses = concat_ws(', ', nullif(u.uses, ''), '{name}')
WHERE u.kind = '{kind}' AND u.action = 'created'
    AND EXISTS (SELECT FROM {table} x WHERE x.{column} = u.target_id)
"""


def find_uses() -> Iterator[str]:
    """The SQL that notes, for each new row of the plan, which tables refer to it."""
    subjects = (("product", Product, _PARTS), ("variation", ProductVariation, _PARTS))
    for kind, model, parts in (*subjects, ("category", Category, _PARTS_OF_CATEGORIES)):
        for referring, column in _referring(model):
            if referring not in parts:
                name = referring._meta.verbose_name_plural
                yield _FIND_USES.format(kind=kind, name=name, table=referring._meta.db_table, column=column)


def parts_of_products() -> Iterator[tuple[str, str]]:
    """The tables, with the column that refers to it, whose rows go with their product."""
    return _parts_of(Product)


def parts_of_variations() -> Iterator[tuple[str, str]]:
    """The same of variations, which may go while their product stays."""
    return _parts_of(ProductVariation)


def _parts_of(model: type[Model]) -> Iterator[tuple[str, str]]:
    for referring, column in _referring(model):
        if referring in _PARTS:
            yield referring._meta.db_table, column


def _referring(model: type[Model]) -> Iterator[tuple[type[Model], str]]:
    for relation in model._meta.get_fields(include_hidden=True):
        if isinstance(relation, ManyToOneRel):
            yield relation.related_model, relation.field.column
