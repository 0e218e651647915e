"""The first page of the admin site: how sales go, what waits to be done, and a link to the list behind each."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from analytics import charts, days
from analytics.charts import Chart, Point
from analytics.formatting import change, money
from analytics.models import AggregatedDay
from analytics.reports import rankings, worklists
from analytics.reports.limits import bounded
from analytics.reports.ranges import DateRange, usual_range
from analytics.reports.rankings import Measure
from analytics.reports.sales import Period, SalesRow, sales_by_period
from analytics.reports.summary import figures_of

ROWS_SHOWN = 6


@dataclass(frozen=True)
class Card:
    """One figure; `trend` says how it moved against what `note` names."""

    title: str
    value: str
    icon: str
    link: str
    note: str = ""
    trend: str = ""


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's DASHBOARD_CALLBACK; each part only for those who may see what it is made of."""
    user = request.user
    context["title"] = "Dashboard"
    with bounded():
        if user.has_perm("analytics.view_salesaggregate"):
            context["sales"] = _sales(days.today())
        if user.has_perm("orders.view_order"):
            context["to_ship"] = _to_ship()
        if user.has_perm("products.view_product"):
            context["stock"] = _stock()
        if user.has_perm("products.view_productreview"):
            context["reviews"] = _reviews()
    parts = [context[name] for name in ("sales", "to_ship", "stock", "reviews") if name in context]
    context["cards"] = [card for part in parts for card in part["cards"]]
    return context


def report_link(range_: DateRange) -> str:
    """The sales report of the range."""
    return f"{reverse('admin:sales_report')}?{urlencode({'date_from': range_.first, 'date_to': range_.last})}"


def sales_chart(rows: list[SalesRow], period: Period) -> Chart:
    """Revenue by period as a bar chart."""
    form = "%b %Y" if period is Period.MONTH else "%-d %b"
    return charts.bar_chart(
        [
            Point(
                label=row.date.strftime(form),
                value=row.revenue,
                title=f"{row.date:%a %-d %b %Y}: {money(row.revenue)}, {row.orders} orders, {row.items} items",
            )
            for row in rows
        ]
    )


def _sales(today: date) -> dict[str, Any]:
    last_days = usual_range(last=today)
    rows = sales_by_period(range_=last_days, period=Period.DAY)
    top = rankings.top_products(range_=last_days, by=Measure.REVENUE)[:ROWS_SHOWN]
    most = max((row["revenue_sum"] for row in top), default=Decimal(0))
    return {
        "cards": _sales_cards(today),
        "chart": sales_chart(rows, Period.DAY),
        "revenue": money(sum((row.revenue for row in rows), Decimal(0))),
        "orders": sum(row.orders for row in rows),
        "link": report_link(last_days),
        "counted_at": AggregatedDay.objects.last_counted_at(),
        "top": [
            {
                "name": row["subject_name"],
                "sku": row["subject_sku"],
                "items": row["items"],
                "revenue": money(row["revenue_sum"]),
                "percent": float(row["revenue_sum"] / most * 100) if most > 0 else 0,
                "link": reverse("admin:products_product_change", args=[row["subject_id"]]),
            }
            for row in top
        ],
    }


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
            reverse("admin:orders_order_changelist"),
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


def _same_days_of_last_month(today: date) -> DateRange:
    last = today.replace(day=1) - timedelta(days=1)
    return DateRange(last.replace(day=1), last.replace(day=min(today.day, last.day)))


def _to_ship() -> dict[str, Any]:
    orders = worklists.orders_to_ship()
    count = orders.count()
    link = _list_link("orders_order", status__in=",".join(worklists.TO_SHIP))
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
    link = _list_link("products_product", level="low", is_active__exact=1, is_discontinued__exact=0)
    out_link = _list_link("products_product", level="out", is_active__exact=1, is_discontinued__exact=0)
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
    link = _list_link("products_productreview", moderation="waiting")
    waiting = str(worklists.reviews_to_approve().count())
    return {"cards": [Card("Reviews to approve", waiting, "reviews", link, "written and not yet shown")]}


def _list_link(model: str, **filters: object) -> str:
    return f"{reverse(f'admin:{model}_changelist')}?{urlencode(filters)}"
