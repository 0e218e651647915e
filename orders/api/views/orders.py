"""Reading orders."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.pagination import NewestFirstCursorPagination
from common.api.views import ApiViewSet
from orders.api.access import get_order, visible_orders
from orders.api.bodies import order_body, payments_of
from orders.api.filters import OrderFilter
from orders.api.serializers.orders import ExplanationSerializer, OrderSerializer
from orders.models import Order
from orders.services import explanation


class OrderViewSet(ApiViewSet):
    """The caller's orders; staff see all of them."""

    queryset = Order.objects.none()
    serializer_class = OrderSerializer
    permission_classes = [AllowAny]
    pagination_class = NewestFirstCursorPagination
    filterset_class = OrderFilter
    lookup_field = "order_number"
    etag = True

    def get_queryset(self) -> QuerySet[Order]:
        return visible_orders(self.request).with_body()

    @extend_schema(operation_id="orders_list", responses=OrderSerializer(many=True))
    def list(self, request: Request) -> Response:
        """The caller's orders, newest first; a guest sees the one of the order token, or none."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        body = OrderSerializer(page, many=True, context={"payments": payments_of(page)})
        return self.get_paginated_response(body.data)

    @extend_schema(operation_id="orders_retrieve", responses=OrderSerializer)
    def retrieve(self, request: Request, order_number: str) -> Response:
        """One order, by its number."""
        return Response(order_body(get_order(request, order_number).pk))

    @extend_schema(operation_id="orders_explain", responses=ExplanationSerializer)
    @action(detail=True)
    def explain(self, request: Request, order_number: str) -> Response:
        """How the total came about, step by step; the steps sum to it."""
        order = get_order(request, order_number)
        steps = explanation.explain_order(order=order)
        body = {
            "order_number": order.order_number,
            "steps": steps,
            "sum": explanation.sum_of(steps),
            "total": order.total,
            "currency": order.currency,
        }
        return Response(ExplanationSerializer(body).data)
