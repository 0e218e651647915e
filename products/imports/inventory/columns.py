"""The columns of stock feeds: the shop's own, by the names that other systems give them, and Shopify's export."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from common.imports.errors import FileRefused
from common.imports.flat_files import read_header
from common.imports.listening import AUTO
from common.imports.refused_files import ERROR_COLUMN

COLUMNS = ("sku", "quantity", "expected_quantity", "counted_at", "delta", "reason", "low_stock_threshold")


@dataclass(frozen=True)
class FeedFormat:
    """A kind of file; `other_names` lead to the feed's own columns, and what is `ignored` says nothing about stock."""

    name: str
    telling: frozenset[str]  # a header with one of these, besides the SKU, is of this format
    other_names: Mapping[str, str] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()
    adds_up: bool = False  # a SKU stands once per place, and its levels are summed

    def columns(self, header: Sequence[str]) -> list[str]:
        """The header by the feed's own names; raises FileRefused."""
        known = (*COLUMNS, *self.ignored)
        return read_header(header, known=known, other_names=self._names_in(header))

    def tells(self, header: Sequence[str]) -> bool:
        """Whether a header is of this format."""
        names = {self._names_in(header).get(column, column) for column in header}
        return "sku" in names and not self.telling.isdisjoint(names)

    def _names_in(self, header: Sequence[str]) -> dict[str, str]:
        """Of several names of one column the first that the header has counts; the others are left as they are."""
        taken: dict[str, str] = {}
        for other, own in self.other_names.items():
            if other in header and own not in taken.values() and own not in header:
                taken[other] = own
        return taken


NATIVE = FeedFormat(
    name="native",
    telling=frozenset(COLUMNS[1:]),
    other_names={
        **dict.fromkeys(("seller-sku", "seller_sku", "variant_sku", "item_number", "article_number"), "sku"),
        **dict.fromkeys(("stock_quantity", "qty", "stock", "available", "available_quantity", "on_hand"), "quantity"),
        **dict.fromkeys(("inventory_quantity", "variant_inventory_qty"), "quantity"),
        **dict.fromkeys(("change", "adjustment", "quantity_change"), "delta"),
        **dict.fromkeys(("note", "comment"), "reason"),
        "low_stock_amount": "low_stock_threshold",
    },
)
# What can be sold comes first: what is on hand may be promised to somebody.
_SHOPIFY_QUANTITIES = (
    *("available", "available_(not_editable)", "available_(current)"),
    *("on_hand", "on_hand_(new)", "on_hand_(current)"),
)
SHOPIFY = FeedFormat(
    name="shopify",
    telling=frozenset({"location"}),
    other_names=dict.fromkeys(_SHOPIFY_QUANTITIES, "quantity"),
    ignored=frozenset(
        {
            *("handle", "title", "location", "hs_code", "coo", "bin_name"),
            *(f"option{number}_{part}" for number in (1, 2, 3) for part in ("name", "value")),
            *("incoming", "incoming_(not_editable)", "unavailable", "unavailable_(not_editable)"),
            *("committed", "committed_(not_editable)", "available_(new)"),
            *_SHOPIFY_QUANTITIES,
        }
    ),
    adds_up=True,
)
FORMATS = {each.name: each for each in (SHOPIFY, NATIVE)}


def find_format(header: Sequence[str], *, name: str = AUTO) -> FeedFormat:
    """The named format, or with `auto` the one that the header tells; raises FileRefused where that does not fit."""
    bare = [column for column in header if column != ERROR_COLUMN]
    fitting = [each for each in FORMATS.values() if name in (AUTO, each.name) and each.tells(bare)]
    if not fitting:
        raise FileRefused(
            f"a stock feed has a column sku and one of {', '.join(COLUMNS[1:])}; this has: {', '.join(header)}",
            columns=list(header),
        )
    return fitting[0]
