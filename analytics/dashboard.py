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
from analytics.reports.summary import Figures, figures_of

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

    @property
    def is_falling(self) -> bool:
        return self.trend.startswith("-")


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's DASHBOARD_CALLBACK; each part only for those who may see what it is made of."""
    user = request.user
    with bounded():
        if user.has_perm("analytics.view_salesaggregate"):
            context["sales"] = _sales(days.today())
        if user.has_perm("orders.view_order"):
            context["to_ship"] = _to_ship()
        if user.has_perm("products.view_product"):
            context["low_stock"] = _low_stock()
    context["work_cards"] = [part["card"] for name in ("to_ship", "low_stock") if (part := context.get(name))]
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
    as_far = f"{money(last.revenue)} by the same day last month"
    return [
        _card("Revenue today", "payments", DateRange(today, today), now, before.revenue, "yesterday"),
        Card(
            "Orders today",
            str(now.orders),
            "shopping_bag",
            reverse("admin:orders_order_changelist"),
            f"{before.orders} yesterday",
            change(now.orders, before.orders),
        ),
        Card(
            "Revenue this month",
            money(this.revenue),
            "calendar_month",
            report_link(month),
            as_far,
            change(this.revenue, last.revenue),
        ),
        Card(
            "Average order this month",
            money(this.average_order),
            "shopping_basket",
            report_link(month),
            f"{money(last.average_order)} last month",
            change(this.average_order, last.average_order),
        ),
    ]


def _card(title: str, icon: str, range_: DateRange, now: Figures, before: Decimal, when: str) -> Card:
    return Card(
        title, money(now.revenue), icon, report_link(range_), f"{money(before)} {when}", change(now.revenue, before)
    )


def _same_days_of_last_month(today: date) -> DateRange:
    last = today.replace(day=1) - timedelta(days=1)
    return DateRange(last.replace(day=1), last.replace(day=min(today.day, last.day)))


def _to_ship() -> dict[str, Any]:
    orders = worklists.orders_to_ship()
    count = orders.count()
    link = f"{reverse('admin:orders_order_changelist')}?{urlencode({'status__in': ','.join(worklists.TO_SHIP)})}"
    return {
        "card": Card("Orders to ship", str(count), "local_shipping", link, "paid and not yet sent"),
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


def _low_stock() -> dict[str, Any]:
    products = worklists.low_stock()
    count = products.count()
    link = f"{reverse('admin:products_product_changelist')}?{urlencode({'is_active__exact': 1})}"
    return {
        "card": Card("Low stock", str(count), "inventory_2", link, "at or below their threshold"),
        "rows": [
            {
                "name": product.name,
                "sku": product.sku,
                "stock": product.stock_quantity,
                "threshold": product.low_stock_threshold,
                "link": reverse("admin:products_product_change", args=[product.pk]),
            }
            for product in products[:ROWS_SHOWN]
        ],
        "link": link,
        "count": count,
    }
