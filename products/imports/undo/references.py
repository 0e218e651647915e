"""Finds what the shop has come to need of a batch's new rows: every table that refers to them, whoever owns it."""
# ruff: noqa: SLF001 - Django's models tell about themselves in _meta

from collections.abc import Collection, Iterator

from django.db.models import Model

from common.imports.references import derived_rows, referring
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
    own = (*_PARTS, *(model for _, model in derived_rows))
    subjects = (("product", Product, own), ("variation", ProductVariation, own))
    for kind, model, parts in (*subjects, ("category", Category, _PARTS_OF_CATEGORIES)):
        for user, column in referring(model):
            if user not in parts:
                name = user._meta.verbose_name_plural
                yield _FIND_USES.format(kind=kind, name=name, table=user._meta.db_table, column=column)


def parts_of_products() -> Iterator[tuple[str, str]]:
    """The tables, with the column that refers to it, whose rows go with their product."""
    derived = [model for _, model in derived_rows]
    return _rows_of(Product, (*_PARTS, *derived))


def parts_of_variations() -> Iterator[tuple[str, str]]:
    """The same of variations, which may go while their product stays."""
    return _rows_of(ProductVariation, _PARTS)


def _rows_of(model: type[Model], parts: Collection[type[Model]]) -> Iterator[tuple[str, str]]:
    for user, column in referring(model):
        if user in parts:
            yield user._meta.db_table, column
