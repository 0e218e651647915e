"""The reports that are lists: a page as JSON, or the whole as CSV."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from analytics import csv_export
from analytics.api.queries import CartsQuery, RangeQuery, RankingQuery
from analytics.api.serializers import (
    AbandonedCartSerializer,
    CartTotalsSerializer,
    DeadStockSerializer,
    StockCoverSerializer,
    TopCategorySerializer,
    TopCountrySerializer,
    TopCouponSerializer,
    TopProductSerializer,
)
from analytics.reports import carts
from analytics.reports.limits import bounded
from analytics.reports.tables import BY_NAME, TableReport
from common.api.pagination import PagePagination
from common.api.permissions import staff_with
from common.api.renderers import CSVRenderer, JSONRenderer
from common.api.views import ApiView

Query = type[RangeQuery]
Row = type[serializers.Serializer[Any]]

MayReadReports = staff_with("analytics.view_salesaggregate")
PAGE_PARAMETERS = [OpenApiParameter("page", int), OpenApiParameter("page_size", int)]


def wants_csv(request: Request) -> bool:
    """Whether the client asks for CSV."""
    return bool(request.accepted_renderer.format == CSVRenderer.format)


def answer(request: Request, report: TableReport, query: RangeQuery, row: Row) -> Response | StreamingHttpResponse:
    """A page of the report's rows; as CSV all of them, whatever page is asked for."""
    with bounded():
        if wants_csv(request):
            return csv_export.table(report, range_=query.range, asked=query.asked)
        paginator = PagePagination()
        rows = paginator.paginate_queryset(report.rows(query.range, query.asked), request)
    return paginator.get_paginated_response(row(rows, many=True).data)


def page_responses(name: str, row: Row, **more: Any) -> dict[tuple[int, str], Any]:
    """How the OpenAPI document shows those answers."""
    fields = {
        "count": serializers.IntegerField(),
        "next": serializers.URLField(allow_null=True),
        "previous": serializers.URLField(allow_null=True),
        "results": row(many=True),
        **more,
    }
    return {(200, "application/json"): inline_serializer(name, fields), (200, "text/csv"): OpenApiTypes.STR}


def _documented(operation_id: str, page: str, **more: Any) -> Callable[[type["TableView"]], type["TableView"]]:
    def document(view: type[TableView]) -> type[TableView]:
        described = extend_schema(
            operation_id=operation_id,
            parameters=[view.query, *PAGE_PARAMETERS],
            responses=page_responses(page, view.row, **more),
        )
        return extend_schema_view(get=described)(view)

    return document


class TableView(ApiView):
    """A report that is a list."""

    reads_replica = True
    permission_classes = (MayReadReports,)
    renderer_classes = (JSONRenderer, CSVRenderer)
    report: ClassVar[TableReport]
    row: ClassVar[Row]
    query: ClassVar[Query] = RangeQuery

    def known_parameters(self) -> set[str]:
        return {*self.query().fields, *PagePagination.query_params}

    def get(self, request: Request) -> Response | StreamingHttpResponse:
        query = self.query(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        return self.add(query, answer(request, self.report, query, self.row))

    def add(self, query: RangeQuery, response: Response | StreamingHttpResponse) -> Response | StreamingHttpResponse:
        """What the report tells beside its page."""
        return response


@_documented("analytics_top_products", "TopProductPage")
class TopProductsView(TableView):
    """Products by revenue, items or profit, best first."""

    report, row, query = BY_NAME["top-products"], TopProductSerializer, RankingQuery


@_documented("analytics_worst_products", "WorstProductPage")
class WorstProductsView(TableView):
    """What is on offer by revenue, items or profit, least first; also what sold nothing."""

    report, row, query = BY_NAME["worst-products"], TopProductSerializer, RankingQuery


@_documented("analytics_top_categories", "TopCategoryPage")
class TopCategoriesView(TableView):
    """Categories by revenue, items or profit."""

    report, row, query = BY_NAME["top-categories"], TopCategorySerializer, RankingQuery


@_documented("analytics_top_coupons", "TopCouponPage")
class TopCouponsView(TableView):
    """Coupons by revenue, items or profit of the orders that used them."""

    report, row, query = BY_NAME["top-coupons"], TopCouponSerializer, RankingQuery


@_documented("analytics_top_countries", "TopCountryPage")
class TopCountriesView(TableView):
    """Countries by revenue, items or profit of the orders that were sent there."""

    report, row, query = BY_NAME["top-countries"], TopCountrySerializer, RankingQuery


@_documented("analytics_abandoned_carts", "AbandonedCartPage", total=CartTotalsSerializer())
class AbandonedCartsView(TableView):
    """Carts that were last touched in the range and left, dearest first, and what all of them come to."""

    report, row, query = BY_NAME["abandoned-carts"], AbandonedCartSerializer, CartsQuery

    def add(self, query: RangeQuery, response: Response | StreamingHttpResponse) -> Response | StreamingHttpResponse:
        if isinstance(response, Response):
            with bounded():
                total = carts.totals_of(range_=query.range, idle_hours=query.asked.idle_hours)
            response.data["total"] = CartTotalsSerializer(total).data
        return response


@_documented("analytics_stock_cover", "StockCoverPage")
class StockCoverView(TableView):
    """How many days the stock of each product lasts at the rate of the range, shortest first."""

    report, row = BY_NAME["stock-cover"], StockCoverSerializer


@_documented("analytics_dead_stock", "DeadStockPage")
class DeadStockView(TableView):
    """What is in stock and sold nothing in the range; what ties up most comes first."""

    report, row = BY_NAME["dead-stock"], DeadStockSerializer
