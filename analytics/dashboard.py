"""The first page of the admin site: how sales go, what waits to be done, and a link to the list behind each."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from analytics import charts, days, operations
from analytics.cards import Card, list_link
from analytics.charts import Chart, Point
from analytics.formatting import change, money
from analytics.models import AggregatedDay
from analytics.reports import rankings, worklists
from analytics.reports.limits import bounded
from analytics.reports.ranges import DateRange, usual_range
from analytics.reports.rankings import Measure
from analytics.reports.sales import Period, SalesRow, sales_by_period
from analytics.reports.summary import figures_of
from orders.querysets.cart_rows import main_pictures

ROWS_SHOWN = 6


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's DASHBOARD_CALLBACK; each part only for those who may see what it is made of."""
    user = request.user
    context["title"] = "Dashboard"
    with bounded():
        for name, permission, part in PARTS:
            if user.has_perm(permission):
                context[name] = part()
    context["cards"] = [card for name, _, _ in PARTS if name in context for card in context[name]["cards"]]
    return context


def report_link(range_: DateRange) -> str:
    """The sales report of the range."""
    return f"{reverse('admin:sales_report')}?{_ends(range_)}"


def _ends(range_: DateRange) -> str:
    return urlencode({"date_from": range_.first, "date_to": range_.last})


def sales_chart(rows: list[SalesRow], period: Period, before: Sequence[SalesRow] = ()) -> Chart:
    """Revenue by period as a bar chart, over a line for that of the same place in the range before."""
    form = "%b %Y" if period is Period.MONTH else "%-d %b"
    beside = [*(row.revenue for row in before), *[None] * len(rows)]
    return charts.bar_chart(
        [
            Point(
                label=row.date.strftime(form),
                value=row.revenue,
                title=f"{row.date:%a %-d %b %Y}: {money(row.revenue)}, {row.orders} orders, {row.items} items"
                + ("" if earlier is None else f"; before: {money(earlier)}"),
                before=earlier,
            )
            for row, earlier in zip(rows, beside, strict=False)
        ]
    )


def _sales() -> dict[str, Any]:
    today = days.today()
    last_days = usual_range(last=today)
    rows = sales_by_period(range_=last_days, period=Period.DAY)
    return {
        "cards": _sales_cards(today),
        "chart": sales_chart(rows, Period.DAY),
        "rows": [
            {
                "period": row.date.strftime("%a %-d %b"),
                "orders": f"{row.orders:,}",
                "revenue": money(row.revenue),
                "profit": money(row.profit),
            }
            for row in reversed(rows)
        ],
        "revenue": money(sum((row.revenue for row in rows), Decimal(0))),
        "orders": sum(row.orders for row in rows),
        "link": report_link(last_days),
        "counted_at": AggregatedDay.objects.last_counted_at(),
        "top": _top(last_days),
        "top_link": f"{reverse('admin:table_report', args=['top-products'])}?{_ends(last_days)}",
    }


def _top(range_: DateRange) -> list[dict[str, Any]]:
    top = rankings.top_products(range_=range_, by=Measure.REVENUE)[:ROWS_SHOWN]
    most = max((row["revenue_sum"] for row in top), default=Decimal(0))
    pictures = main_pictures([row["subject_id"] for row in top])
    return [
        {
            "name": row["subject_name"],
            "sku": row["subject_sku"],
            "picture": pictures[row["subject_id"]].image.url if row["subject_id"] in pictures else "",
            "items": row["items"],
            "revenue": money(row["revenue_sum"]),
            "percent": float(row["revenue_sum"] / most * 100) if most > 0 else 0,
            "link": reverse("admin:products_product_change", args=[row["subject_id"]]),
        }
        for row in top
    ]


def _sales_cards(today: date) -> list[Card]:
    yesterday = DateRange(today - timedelta(days=1), today - timedelta(days=1))
    month = DateRange(today.replace(day=1), today)
    month_before = _same_days_of_last_month(today)
    now, before = figures_of(DateRange(today, today)), figures_of(yesterday)
    this, last = figures_of(month), figures_of(month_before)
    return [
        Card(
            "Revenue today",
            money(now.revenue),
            "payments",
            report_link(DateRange(today, today)),
            f"{money(before.revenue)} yesterday",
        ),
        Card(
            "Orders today",
            str(now.orders),
            "shopping_bag",
            list_link(
                "orders_order", created_at__year=today.year, created_at__month=today.month, created_at__day=today.day
            ),
            f"{before.orders} yesterday",
        ),
        Card(
            "Revenue this month",
            money(this.revenue),
            "calendar_month",
            report_link(month),
            f"{money(last.revenue)} a month ago",
            change(this.revenue, last.revenue),
        ),
        Card(
            "Average order this month",
            money(this.average_order),
            "shopping_basket",
            report_link(month),
            f"{money(last.average_order)} a month ago",
            change(this.average_order, last.average_order),
        ),
    ]


def _placed_on(day: date) -> dict[str, int]:
    return {"created_at__year": day.year, "created_at__month": day.month, "created_at__day": day.day}


def _same_days_of_last_month(today: date) -> DateRange:
    last = today.replace(day=1) - timedelta(days=1)
    return DateRange(last.replace(day=1), last.replace(day=min(today.day, last.day)))


def _to_ship() -> dict[str, Any]:
    orders = worklists.orders_to_ship()
    count = orders.count()
    link = list_link("orders_order", status__in=",".join(worklists.TO_SHIP))
    return {
        "cards": [Card("Orders to ship", str(count), "local_shipping", link, "paid and not yet sent")],
        "rows": [
            {
                "number": order.order_number,
                "email": order.email,
                "status": order.get_status_display(),
                "is_new": order.status == order.Status.CONFIRMED,
                "total": money(order.total),
                "created_at": order.created_at,
                "link": reverse("admin:orders_order_change", args=[order.pk]),
            }
            for order in orders[:ROWS_SHOWN]
        ],
        "link": link,
        "count": count,
    }


def _stock() -> dict[str, Any]:
    products = worklists.low_stock()
    count = products.count()
    out = worklists.sold_out().count()
    link = list_link("products_product", level="low", is_active__exact=1, is_discontinued__exact=0)
    out_link = list_link("products_product", level="out", is_active__exact=1, is_discontinued__exact=0)
    return {
        "cards": [
            Card("Low stock", str(count), "inventory_2", link, "at or below their threshold"),
            Card("Sold out", str(out), "remove_shopping_cart", out_link, "on offer with nothing left"),
        ],
        "rows": [
            {
                "name": product.name,
                "sku": product.sku,
                "stock": product.stock_quantity,
                "link": reverse("admin:products_product_change", args=[product.pk]),
            }
            for product in products[:ROWS_SHOWN]
        ],
        "link": link,
        "count": count,
    }


def _reviews() -> dict[str, Any]:
    link = list_link("products_productreview", moderation="waiting")
    waiting = str(worklists.reviews_to_approve().count())
    return {"cards": [Card("Reviews to approve", waiting, "reviews", link, "written and not yet shown")]}


PARTS: tuple[tuple[str, str, Callable[[], dict[str, Any]]], ...] = (
    ("sales", "analytics.view_salesaggregate", _sales),
    ("to_ship", "orders.view_order", _to_ship),
    ("payments", "payments.view_payment", operations.payments_part),
    ("refunds", "payments.view_refund", operations.refunds_part),
    ("disputes", "payments.view_dispute", operations.disputes_part),
    ("stock", "products.view_product", _stock),
    ("reviews", "products.view_productreview", _reviews),
    ("aggregates", "analytics.view_aggregatedday", operations.aggregates_part),
    ("backup", "common.view_backup", operations.backup_part),
)
