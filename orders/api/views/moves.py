"""The named moves of an order's life."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.permissions import is_staff_with, staff_with
from common.api.serializers import StrictSerializer
from common.api.views import ApiView
from orders.api.access import get_order, owns, user_of
from orders.api.bodies import order_body
from orders.api.serializers.orders import CancelSerializer, EmptySerializer, OrderSerializer, ShipSerializer
from orders.errors import InvalidTransition
from orders.services import life

MOVE = "orders.change_order"


class CancelView(ApiView):
    """Whose order it is not gets 404."""

    refusals: ClassVar = {
        "post": (InvalidTransition, PermissionDenied),
    }
    permission_classes = [AllowAny]

    @extend_schema(operation_id="orders_cancel", request=CancelSerializer, responses=OrderSerializer)
    def post(self, request: Request, order_number: str) -> Response:
        """Cancel: the owner until the order is processed, staff until it is shipped."""
        order = get_order(request, order_number)
        by_staff = is_staff_with(request.user, MOVE)
        if not by_staff and not owns(request, order):
            self.permission_denied(request)
        facts = _read(CancelSerializer, request)
        life.cancel(order_number=order.order_number, actor=user_of(request), by_staff=by_staff, **facts)
        return Response(order_body(order.pk))


class _StaffMoveView(ApiView):
    """A move that only staff make."""

    refusals: ClassVar = {
        "post": (InvalidTransition,),
    }
    permission_classes = [staff_with(MOVE)]


class ProcessView(_StaffMoveView):
    """From confirmed to processing."""

    @extend_schema(operation_id="orders_process", request=EmptySerializer, responses=OrderSerializer)
    def post(self, request: Request, order_number: str) -> Response:
        """Begin packing a paid order."""
        _read(EmptySerializer, request)
        return Response(order_body(life.process(order_number=order_number, actor=user_of(request)).pk))


class ShipView(_StaffMoveView):
    """From processing to shipped."""

    @extend_schema(operation_id="orders_ship", request=ShipSerializer, responses=OrderSerializer)
    def post(self, request: Request, order_number: str) -> Response:
        """It is on its way, to be followed by its tracking number."""
        facts = _read(ShipSerializer, request)
        return Response(order_body(life.ship(order_number=order_number, actor=user_of(request), **facts).pk))


class DeliverView(_StaffMoveView):
    """From shipped to delivered."""

    @extend_schema(operation_id="orders_deliver", request=EmptySerializer, responses=OrderSerializer)
    def post(self, request: Request, order_number: str) -> Response:
        """It arrived."""
        _read(EmptySerializer, request)
        return Response(order_body(life.deliver(order_number=order_number, actor=user_of(request)).pk))


def _read(serializer_class: type[StrictSerializer], request: Request) -> dict[str, Any]:
    given = serializer_class(data=request.data)
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)
