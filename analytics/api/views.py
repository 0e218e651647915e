"""Views of products in, reports out."""

from typing import Any, ClassVar

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api.fields import visitor_hash
from analytics.api.queries import RangeQuery, RankingQuery, SalesQuery
from analytics.api.serializers import (
    RecordViewSerializer,
    SalesReportSerializer,
    SummarySerializer,
    TopCategorySerializer,
    TopProductSerializer,
    ViewedProductSerializer,
)
from analytics.errors import TooManyViews
from analytics.reports import rankings
from analytics.reports.limits import bounded
from analytics.reports.rankings import Measure, Ranking
from analytics.reports.sales import Period, sales_by_period
from analytics.reports.summary import figures_of
from analytics.sales_csv import sales_csv
from analytics.services import view_buffer
from analytics.services.product_views import told_view
from authentication.tokens import AccessToken
from common.api.limits import Limit, by_address
from common.api.pagination import PagePagination
from common.api.permissions import staff_with
from common.api.renderers import CSVRenderer, JSONRenderer
from common.api.views import ApiView
from common.client import client_address
from common.limits.policies import Scope

MayReadReports = staff_with("analytics.view_salesaggregate")


def _page_of(ranking: Ranking, serializer: type[serializers.Serializer[Any]], request: Request) -> Response:
    paginator = PagePagination()
    with bounded():
        rows = paginator.paginate_queryset(ranking, request)
    return paginator.get_paginated_response(serializer(rows, many=True).data)


def _page_schema(name: str, row: type[serializers.Serializer[Any]]) -> serializers.Serializer[Any]:
    return inline_serializer(
        name,
        {
            "count": serializers.IntegerField(),
            "next": serializers.URLField(allow_null=True),
            "previous": serializers.URLField(allow_null=True),
            "results": row(many=True),
        },
    )


PAGE_PARAMETERS = [OpenApiParameter("page", int), OpenApiParameter("page_size", int)]


class SummaryView(ApiView):
    """A range in figures, beside the range before it."""

    reads_replica = True
    permission_classes = (MayReadReports,)
    query_params = ("date_from", "date_to")

    @extend_schema(operation_id="analytics_summary", parameters=[RangeQuery], responses=SummarySerializer)
    def get(self, request: Request) -> Response:
        query = RangeQuery(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        with bounded():
            figures = {"current": figures_of(query.range), "previous": figures_of(query.range.before())}
        return Response(SummarySerializer(figures).data)


class SalesView(ApiView):
    """Sales by day, week or month, as JSON or as CSV."""

    reads_replica = True
    permission_classes = (MayReadReports,)
    renderer_classes = (JSONRenderer, CSVRenderer)
    query_params = ("date_from", "date_to", "group_by", "product", "category")

    @extend_schema(
        operation_id="analytics_sales",
        parameters=[SalesQuery],
        responses={(200, "application/json"): SalesReportSerializer, (200, "text/csv"): OpenApiTypes.STR},
    )
    def get(self, request: Request) -> Response | StreamingHttpResponse:
        query = SalesQuery(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        asked = query.validated_data
        product, category = asked.get("product"), asked.get("category")
        with bounded():
            rows = sales_by_period(
                range_=query.range, period=Period(asked["group_by"]), product=product, category=category
            )
        subject = product or category
        if request.accepted_renderer.format == CSVRenderer.format:
            return sales_csv(range_=query.range, rows=rows, subject=subject.name if subject else "")
        report = {
            "date_from": query.range.first,
            "date_to": query.range.last,
            "group_by": asked["group_by"],
            "product": product and product.slug,
            "category": category and category.slug,
            "results": rows,
        }
        return Response(SalesReportSerializer(report).data)


class TopProductsView(ApiView):
    """Products by revenue, items or profit."""

    reads_replica = True
    permission_classes = (MayReadReports,)
    query_params = ("date_from", "date_to", "by", *PagePagination.query_params)

    @extend_schema(
        operation_id="analytics_top_products",
        parameters=[RankingQuery, *PAGE_PARAMETERS],
        responses=_page_schema("TopProductPage", TopProductSerializer),
    )
    def get(self, request: Request) -> Response:
        query = RankingQuery(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        ranking = rankings.top_products(range_=query.range, by=Measure(query.validated_data["by"]))
        return _page_of(ranking, TopProductSerializer, request)


class TopCategoriesView(ApiView):
    """Categories by revenue, items or profit."""

    reads_replica = True
    permission_classes = (MayReadReports,)
    query_params = ("date_from", "date_to", "by", *PagePagination.query_params)

    @extend_schema(
        operation_id="analytics_top_categories",
        parameters=[RankingQuery, *PAGE_PARAMETERS],
        responses=_page_schema("TopCategoryPage", TopCategorySerializer),
    )
    def get(self, request: Request) -> Response:
        query = RankingQuery(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        ranking = rankings.top_categories(range_=query.range, by=Measure(query.validated_data["by"]))
        return _page_of(ranking, TopCategorySerializer, request)


class ProductViewsView(ApiView):
    """Views of products: anybody tells of one, staff read them with their conversion."""

    reads_replica = True
    refusals: ClassVar = {
        "post": (TooManyViews,),
    }
    idempotent = False
    limits = {"POST": (Limit(Scope.VIEW, by_address, is_leased=True),)}

    def get_permissions(self) -> list[BasePermission]:
        return [AllowAny() if self.request.method == "POST" else MayReadReports()]

    def known_parameters(self) -> set[str]:
        return {"date_from", "date_to", *PagePagination.query_params} if self.request.method != "POST" else set()

    @extend_schema(
        operation_id="analytics_product_views",
        parameters=[RangeQuery, *PAGE_PARAMETERS],
        responses=_page_schema("ViewedProductPage", ViewedProductSerializer),
    )
    def get(self, request: Request) -> Response:
        query = RangeQuery(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        return _page_of(rankings.most_viewed(range_=query.range), ViewedProductSerializer, request)

    @extend_schema(
        operation_id="analytics_record_product_view",
        parameters=[OpenApiParameter("X-Visitor-ID", OpenApiTypes.UUID, OpenApiParameter.HEADER)],
        request=RecordViewSerializer,
        responses={202: None},
    )
    def post(self, request: Request) -> Response:
        """Tell of a view. 202: it waits to be written; whether the product is on offer shows only then."""
        session = visitor_hash(request.headers.get("X-Visitor-ID"))
        told = RecordViewSerializer(data=request.data)
        told.is_valid(raise_exception=True)
        view = told_view(
            product=told.validated_data["product"],
            claim=request.auth.claim() if isinstance(request.auth, AccessToken) else None,
            session=session,
            address=client_address(request),
            agent=request.headers.get("User-Agent", ""),
            referrer=told.validated_data.get("referrer") or "",
        )
        if not view_buffer.tell(view):
            raise TooManyViews
        return Response(status=202)
