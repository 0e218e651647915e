"""The reports that are lists: what each is called, its columns and rows, for CSV and the admin's pages."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from analytics.reports import carts, rankings, slices, stock
from analytics.reports.ranges import DateRange
from analytics.reports.rankings import Measure
from analytics.reports.statements import Row

# What a CSV holds at most; who needs more asks for a shorter range.
MOST_ROWS = 50_000


class Shown(StrEnum):
    """What a column's values are, and so how a page writes them."""

    TEXT = "text"
    COUNT = "count"
    MONEY = "money"
    SHARE = "share"
    DAY = "day"
    MOMENT = "moment"


@dataclass(frozen=True)
class Column:
    """A column: its name in CSV, its heading on a page, and the key that the rows have it under."""

    name: str
    title: str
    shown: Shown
    key: str

    def of(self, row: Row) -> Any:
        """The row's value."""
        return row[self.key]


@dataclass(frozen=True)
class Asked:
    """What a report is asked for beside its range; each report looks at what it knows."""

    by: Measure = Measure.REVENUE
    idle_hours: int = carts.USUAL_IDLE_HOURS


@dataclass(frozen=True)
class TableReport:
    """A report that is a list in a fixed order.

    `name` is that of its address below analytics/; `asks` names the fields of Asked that matter; `subject` names the
    admin page of what a row is about, and `bar` the column whose share of the largest a page draws.
    """

    name: str
    title: str
    about: str
    columns: tuple[Column, ...]
    rows: Callable[[DateRange, Asked], Sequence[Row]]
    asks: tuple[str, ...] = ()
    subject: str = ""
    subject_id: str = "subject_id"
    bar: str = ""

    def csv_header(self) -> list[str]:
        return [column.name for column in self.columns]

    def csv_rows(self, range_: DateRange, asked: Asked) -> list[list[Any]]:
        """All rows, but no more than MOST_ROWS."""
        return [[column.of(row) for column in self.columns] for row in self.rows(range_, asked)[:MOST_ROWS]]


def _column(name: str, title: str, shown: Shown, key: str = "") -> Column:
    return Column(name, title, shown, key or name)


_PRODUCT = (
    _column("product", "Product", Shown.TEXT, "subject_name"),
    _column("sku", "SKU", Shown.TEXT, "subject_sku"),
)
_ORDERS = _column("orders", "Orders", Shown.COUNT)
_SALES = (
    _ORDERS,
    _column("items", "Items", Shown.COUNT),
    _column("revenue", "Revenue", Shown.MONEY, "revenue_sum"),
    _column("cost", "Cost", Shown.MONEY, "cost_sum"),
    _column("profit", "Profit", Shown.MONEY, "profit_sum"),
)
_SLICE = (
    *_SALES,
    _column("discount", "Discounts", Shown.MONEY, "discount_sum"),
    _column("average_order", "Average order", Shown.MONEY),
)
_STOCK = _column("stock", "In stock", Shown.COUNT)

REPORTS: tuple[TableReport, ...] = (
    TableReport(
        "top-products",
        "Top products",
        "Products that sold or came back in these days.",
        (*_PRODUCT, *_SALES),
        lambda range_, asked: rankings.top_products(range_=range_, by=asked.by),
        asks=("by",),
        subject="products_product",
        bar="revenue",
    ),
    TableReport(
        "worst-products",
        "Slow products",
        "What is on offer, by how little of it sold; also what did not sell at all.",
        (*_PRODUCT, *_SALES),
        lambda range_, asked: stock.worst_products(range_=range_, by=asked.by),
        asks=("by",),
        subject="products_product",
    ),
    TableReport(
        "top-categories",
        "Top categories",
        "A product counts in each of its categories.",
        (_column("category", "Category", Shown.TEXT, "subject_name"), *_SALES),
        lambda range_, asked: rankings.top_categories(range_=range_, by=asked.by),
        asks=("by",),
        subject="products_category",
        bar="revenue",
    ),
    TableReport(
        "top-coupons",
        "Top coupons",
        "Orders by the coupon that they used; orders without one make a row of their own.",
        (_column("coupon", "Coupon", Shown.TEXT, "value"), *_SLICE),
        lambda range_, asked: slices.top_coupons(range_=range_, by=asked.by),
        asks=("by",),
        bar="revenue",
    ),
    TableReport(
        "top-countries",
        "Top countries",
        "Orders by the country that they were sent to.",
        (_column("country", "Country", Shown.TEXT, "value"), *_SLICE),
        lambda range_, asked: slices.top_countries(range_=range_, by=asked.by),
        asks=("by",),
        bar="revenue",
    ),
    TableReport(
        "product-views",
        "Views and conversion",
        "How often products were looked at, by how many, and orders of them per visitor.",
        (
            *_PRODUCT,
            _column("views", "Views", Shown.COUNT),
            _column("visitors", "Visitors", Shown.COUNT),
            _ORDERS,
            _column("conversion", "Conversion", Shown.SHARE),
        ),
        lambda range_, _asked: rankings.most_viewed(range_=range_),
        subject="products_product",
        bar="views",
    ),
    TableReport(
        "abandoned-carts",
        "Abandoned carts",
        "Carts that were last touched in these days and neither ordered nor emptied; at today's prices.",
        (
            _column("cart", "Cart", Shown.TEXT, "id"),
            _column("customer", "Customer", Shown.TEXT),
            _column("items", "Items", Shown.COUNT, "units"),
            _column("value", "Value", Shown.MONEY),
            _column("created_at", "Begun", Shown.MOMENT),
            _column("updated_at", "Last touched", Shown.MOMENT),
        ),
        lambda range_, asked: carts.abandoned_carts(range_=range_, idle_hours=asked.idle_hours),
        asks=("idle_hours",),
        subject="orders_cart",
        subject_id="id",
        bar="value",
    ),
    TableReport(
        "stock-cover",
        "Stock cover",
        "How many days the stock lasts at the rate of these days; of what is offered and not discontinued.",
        (
            *_PRODUCT,
            _STOCK,
            _column("low_stock_threshold", "Threshold", Shown.COUNT),
            _column("items", "Sold", Shown.COUNT),
            _column("per_day", "A day", Shown.TEXT),
            _column("days_left", "Days left", Shown.COUNT),
        ),
        lambda range_, _asked: stock.stock_cover(range_=range_),
        subject="products_product",
    ),
    TableReport(
        "dead-stock",
        "Dead stock",
        "What is in stock and did not sell in these days, at today's price and at cost.",
        (
            *_PRODUCT,
            _STOCK,
            _column("value", "Value", Shown.MONEY),
            _column("cost", "Cost", Shown.MONEY),
            _column("last_sold_on", "Last sold", Shown.DAY),
            _column("created_at", "Made", Shown.MOMENT),
        ),
        lambda range_, _asked: stock.dead_stock(range_=range_),
        subject="products_product",
        bar="value",
    ),
)
BY_NAME: Mapping[str, TableReport] = {report.name: report for report in REPORTS}
