"""The named moves of an order's life."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.permissions import is_staff_with
from common.api.views import ApiViewSet
from orders.api.access import get_order, owns, user_of
from orders.api.bodies import order_body
from orders.api.serializers.orders import CancelSerializer, EmptySerializer, OrderSerializer, ShipSerializer
from orders.models import Order
from orders.services import life

MOVE = "orders.change_order"


class OrderMoveViewSet(ApiViewSet):
    """Each move answers the order; whose order it is not gets 404, who may see but not move it 403."""

    queryset = Order.objects.none()
    serializer_class = OrderSerializer
    permission_classes: ClassVar = [AllowAny]
    lookup_field = "order_number"

    @extend_schema(operation_id="orders_cancel", request=CancelSerializer, responses=OrderSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, order_number: str) -> Response:
        """Cancel: the owner until it is processed, staff until it is shipped."""
        order = get_order(request, order_number)
        by_staff = is_staff_with(request.user, MOVE)
        if not by_staff and not owns(request, order):
            self.permission_denied(request)
        return self._move(request, order, CancelSerializer, life.cancel, by_staff=by_staff)

    @extend_schema(operation_id="orders_process", request=EmptySerializer, responses=OrderSerializer)
    @action(detail=True, methods=["post"])
    def process(self, request: Request, order_number: str) -> Response:
        """Staff: begin packing a paid order."""
        return self._move(request, self._order_for_staff(request, order_number), EmptySerializer, life.process)

    @extend_schema(operation_id="orders_ship", request=ShipSerializer, responses=OrderSerializer)
    @action(detail=True, methods=["post"])
    def ship(self, request: Request, order_number: str) -> Response:
        """Staff: it is on its way."""
        return self._move(request, self._order_for_staff(request, order_number), ShipSerializer, life.ship)

    @extend_schema(operation_id="orders_deliver", request=EmptySerializer, responses=OrderSerializer)
    @action(detail=True, methods=["post"])
    def deliver(self, request: Request, order_number: str) -> Response:
        """Staff: it arrived."""
        return self._move(request, self._order_for_staff(request, order_number), EmptySerializer, life.deliver)

    def _order_for_staff(self, request: Request, order_number: str) -> Order:
        order = get_order(request, order_number)
        if not is_staff_with(request.user, MOVE):
            self.permission_denied(request)
        return order

    def _move(self, request: Request, order: Order, input_class: Any, move: Any, **facts: Any) -> Response:
        given = input_class(data=request.data)
        given.is_valid(raise_exception=True)
        move(order_number=order.order_number, actor=user_of(request), **given.validated_data, **facts)
        return Response(order_body(order.pk))
