"""Views of products in, reports out; those that are lists stand in `tables`."""

from typing import Any, ClassVar

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from analytics import series_csv
from analytics.api import tables
from analytics.api.fields import visitor_hash
from analytics.api.queries import SUBJECTS, PeriodQuery, RangeQuery, SalesQuery
from analytics.api.serializers import (
    CustomersReportSerializer,
    RecordViewSerializer,
    SalesReportSerializer,
    SummarySerializer,
    ViewedProductSerializer,
)
from analytics.api.tables import MayReadReports, wants_csv
from analytics.errors import TooManyViews
from analytics.reports.limits import bounded
from analytics.reports.sales import Subject, sales_by_period
from analytics.reports.slices import customers_by_period
from analytics.reports.summary import figures_of
from analytics.reports.tables import BY_NAME
from analytics.services import view_buffer
from analytics.services.product_views import told_view
from authentication.tokens import AccessToken
from common.api.limits import Limit, by_address
from common.api.pagination import PagePagination
from common.api.renderers import CSVRenderer, JSONRenderer
from common.api.views import ApiView
from common.client import client_address
from common.limits.policies import Scope


class SummaryView(ApiView):
    """A range in figures, beside the range before it."""

    reads_replica = True
    permission_classes = (MayReadReports,)
    renderer_classes = (JSONRenderer, CSVRenderer)
    query_params = ("date_from", "date_to")

    @extend_schema(
        operation_id="analytics_summary",
        parameters=[RangeQuery],
        responses={(200, "application/json"): SummarySerializer, (200, "text/csv"): OpenApiTypes.STR},
    )
    def get(self, request: Request) -> Response | StreamingHttpResponse:
        query = RangeQuery(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        with bounded():
            current, previous = figures_of(query.range), figures_of(query.range.before())
        if wants_csv(request):
            return series_csv.summary_csv(range_=query.range, figures=(current, previous))
        return Response(SummarySerializer({"current": current, "previous": previous}).data)


class SalesView(ApiView):
    """Sales by day, week or month, as JSON or as CSV."""

    reads_replica = True
    permission_classes = (MayReadReports,)
    renderer_classes = (JSONRenderer, CSVRenderer)
    query_params = ("date_from", "date_to", "group_by", "compare", *SUBJECTS)

    @extend_schema(
        operation_id="analytics_sales",
        parameters=[SalesQuery],
        responses={(200, "application/json"): SalesReportSerializer, (200, "text/csv"): OpenApiTypes.STR},
    )
    def get(self, request: Request) -> Response | StreamingHttpResponse:
        query = SalesQuery(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        subject, before = query.subject, query.range.before()
        compares = "compare" in query.validated_data
        with bounded():
            rows = sales_by_period(range_=query.range, period=query.period, subject=subject)
            earlier = sales_by_period(range_=before, period=query.period, subject=subject) if compares else None
        if wants_csv(request):
            return series_csv.sales_csv(range_=query.range, rows=rows, previous=earlier, subject=subject.name)
        report = {**_range_of(query), **_named(subject), "results": rows}
        if earlier is not None:
            report["previous"] = {"date_from": before.first, "date_to": before.last, "results": earlier}
        return Response(SalesReportSerializer(report).data)


class CustomersView(ApiView):
    """Orders and revenue of new and of returning customers, by day, week or month."""

    reads_replica = True
    permission_classes = (MayReadReports,)
    renderer_classes = (JSONRenderer, CSVRenderer)
    query_params = ("date_from", "date_to", "group_by")

    @extend_schema(
        operation_id="analytics_customers",
        parameters=[PeriodQuery],
        responses={(200, "application/json"): CustomersReportSerializer, (200, "text/csv"): OpenApiTypes.STR},
    )
    def get(self, request: Request) -> Response | StreamingHttpResponse:
        query = PeriodQuery(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        with bounded():
            rows = customers_by_period(range_=query.range, period=query.period)
        if wants_csv(request):
            return series_csv.customers_csv(range_=query.range, rows=rows)
        return Response(CustomersReportSerializer({**_range_of(query), "results": rows}).data)


def _range_of(query: PeriodQuery) -> dict[str, Any]:
    return {"date_from": query.range.first, "date_to": query.range.last, "group_by": query.period.value}


def _named(subject: Subject) -> dict[str, Any]:
    """Product and category always, as ever; coupon and country where they are asked for."""
    named: dict[str, Any] = {
        "product": subject.product and subject.product.slug,
        "category": subject.category and subject.category.slug,
    }
    codes = {"coupon": subject.coupon, "country": subject.country}
    return named | {name: code for name, code in codes.items() if code is not None}


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

    def get_renderers(self) -> list[BaseRenderer]:
        return super().get_renderers() if self.request.method == "POST" else [JSONRenderer(), CSVRenderer()]

    def known_parameters(self) -> set[str]:
        return {"date_from", "date_to", *PagePagination.query_params} if self.request.method != "POST" else set()

    @extend_schema(
        operation_id="analytics_product_views",
        parameters=[RangeQuery, *tables.PAGE_PARAMETERS],
        responses=tables.page_responses("ViewedProductPage", ViewedProductSerializer),
    )
    def get(self, request: Request) -> Response | StreamingHttpResponse:
        query = RangeQuery(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        return tables.answer(request, BY_NAME["product-views"], query, ViewedProductSerializer)

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
