"""Pages of products as ids and versions: all that it takes to find what was made of them before."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from django.core.exceptions import EmptyResultSet

from common.counting import BoundedCount
from common.postgresql.prepared import read_prepared
from products.querysets.marks import MEMBERSHIP_MARK, TREE_MARK, Marks
from products.querysets.plans import BY_INDEX

if TYPE_CHECKING:
    from products.querysets.products import ProductQuerySet

CATEGORIES_VERSION = """
coalesce((
    SELECT sum(shown.version) FROM products_product_categories member
    JOIN products_category shown ON shown.id = member.category_id
    WHERE member.product_id = products_product.id
), 0)::bigint
"""


Count = tuple[int, bool]


class ShownProduct(NamedTuple):
    """A product in the state that a statement saw: what it shows depends on nothing else.

    `version` is that of its listing; `categories` the sum of the versions of its categories, whose names it shows.
    """

    id: int
    version: int
    categories: int


# What is skipped on the way to a page is only ever an id: versions are looked up for what the page shows.
_PAGE = f"""
SELECT products_product.id, l.version, {CATEGORIES_VERSION}, {TREE_MARK}, {MEMBERSHIP_MARK}
FROM (SELECT id, row_number() OVER () AS place FROM ({{ids}}) found) products_product
JOIN products_productlisting l ON l.product_id = products_product.id
ORDER BY place
"""  # noqa: S608 - constants of this module

_BY_SLUG = f"""
SELECT products_product.id, l.version, {CATEGORIES_VERSION}
FROM products_product JOIN products_productlisting l ON l.product_id = products_product.id
WHERE products_product.slug = %s AND (products_product.is_active OR %s)
"""  # noqa: S608 - constants of this module


def shown_by_slug(slug: str, *, drafts: bool) -> ShownProduct | None:
    """The product of the slug, in its present state; None where there is none on offer, nor a draft that counts."""
    rows = read_prepared(_BY_SLUG, (slug, drafts))
    return ShownProduct(*rows[0]) if rows else None


@dataclass(frozen=True)
class PageStatement:
    """The statement that reads pages of a list; it may be kept, for it holds nothing but what was asked for."""

    sql: str
    params: tuple[Any, ...]
    by_index: bool

    @classmethod
    def of(cls, products: "ProductQuerySet", *, by_index: bool) -> "PageStatement | None":
        """That of products in order; None where there can be none."""
        try:
            sql, params = products.values_list("id").query.sql_with_params()
        except EmptyResultSet:
            return None
        return cls(sql, tuple(params), by_index)

    @classmethod
    def from_product(cls, products: "ProductQuerySet", *, by_index: bool) -> "PageStatement | None":
        """That of products in order `newest`, whose places count from the product that is its last param."""
        statement = cls.of(products.from_newest_on(0), by_index=by_index)
        return replace(statement, params=statement.params[:-1]) if statement else None

    def read(self, start: int, size: int, *behind: int) -> tuple[list[ShownProduct], Marks | None]:
        """So many products from a place on, and the state they were read in; None where there are none.

        `behind` is the last param of a statement that was made without it.
        """
        sql = _PAGE.format(ids=f"{self.sql} LIMIT {size} OFFSET {start}")
        params = (*self.params, *behind)
        rows = read_prepared(sql, params, ahead=BY_INDEX if self.by_index else "", constant=True)
        return [ShownProduct(*row[:3]) for row in rows], Marks(*rows[0][3:]) if rows else None


@dataclass(frozen=True)
class CountStatement:
    """The statement that counts all products of a list, together with the state that they were counted in."""

    counted: BoundedCount
    by_index: bool

    def count(self) -> tuple[Marks, Count]:
        """The state, and how many there are; the second says whether that is an estimate."""
        sql = f"SELECT ({self.counted.sql}), {TREE_MARK}, {MEMBERSHIP_MARK}"
        ahead = BY_INDEX if self.by_index else ""
        [(counted, *marks)] = read_prepared(sql, self.counted.params, ahead=ahead, constant=True)
        return Marks(*marks), self.counted.refine(counted)
