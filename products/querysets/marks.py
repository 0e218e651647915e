"""The marks of the catalogue's state, as SQL reads them (see `CatalogueState`)."""

from typing import NamedTuple

_MARK = """
(SELECT coalesce(sum(state.{kind}), 0)::bigint FROM (
    SELECT {kind} FROM products_cataloguestate UNION ALL SELECT {kind} FROM products_cataloguechange
) state)
"""
TREE_MARK = _MARK.format(kind="tree")
MEMBERSHIP_MARK = _MARK.format(kind="membership")


class Marks(NamedTuple):
    """The state that a statement saw: of the category tree, and of what is offered in which categories."""

    tree: int
    membership: int
