"""Shipping over HTTP: quotes for everybody, and staff's writes of methods, zones and rates."""

from decimal import Decimal
from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import ModelViewSet

from common.api.permissions import StaffModelPermission, is_staff_with
from common.api.views import ApiViewSet
from common.money import ZERO
from common.registry import cart_subtotals
from shipping.api.filters import ShippingMethodFilter, ShippingRateFilter
from shipping.api.serializers import (
    ShippingMethodSerializer,
    ShippingOptionSerializer,
    ShippingQuoteQuerySerializer,
    ShippingRateSerializer,
    ShippingZoneSerializer,
)
from shipping.errors import OverlappingRates, ShippingZoneInUse
from shipping.models import ShippingMethod, ShippingRate, ShippingZone
from shipping.services import methods, quotes, rates

QUOTE_PARAMETERS = ("country", "state", "subtotal")


@extend_schema_view(
    list=extend_schema(
        summary="Methods that serve a place, with their prices there",
        description="Staff who leave out `country` get all methods as they are kept.",
        parameters=[
            OpenApiParameter("country", str, description="ISO 3166-1 alpha-2; only staff may leave it out."),
            OpenApiParameter("state", str, description="State or region, by code or name."),
            OpenApiParameter("subtotal", Decimal, description="Order value; the caller's cart where left out."),
        ],
        responses=ShippingOptionSerializer(many=True),
    )
)
class ShippingMethodViewSet(ApiViewSet, ModelViewSet[ShippingMethod]):
    """Shipping methods."""

    queryset = ShippingMethod.objects.order_by("pk")
    serializer_class = ShippingMethodSerializer
    filterset_class = ShippingMethodFilter

    def get_permissions(self) -> list[BasePermission]:
        return [AllowAny()] if self.action == "list" else [StaffModelPermission()]

    def known_parameters(self) -> set[str]:
        return super().known_parameters() | (set(QUOTE_PARAMETERS) if self.action == "list" else set())

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        if "country" not in request.query_params and is_staff_with(request.user, "shipping.view_shippingmethod"):
            return super().list(request, *args, **kwargs)
        return self._quote(request)

    def _quote(self, request: Request) -> Response:
        paging = set(self.paginator.query_params)  # type: ignore[union-attr]
        query = ShippingQuoteQuerySerializer(
            data={name: value for name, value in request.query_params.items() if name not in paging}
        )
        query.is_valid(raise_exception=True)
        wanted = {"subtotal": None, **query.validated_data}
        if wanted["subtotal"] is None:
            wanted["subtotal"] = next((read(request) for _name, read in cart_subtotals), ZERO)
        page = self.paginate_queryset(quotes.shipping_options(**wanted))
        return self.get_paginated_response(ShippingOptionSerializer(page, many=True).data)

    def perform_destroy(self, instance: ShippingMethod) -> None:
        methods.remove_method(method_id=instance.pk)


class ShippingZoneViewSet(ApiViewSet, ModelViewSet[ShippingZone]):
    """Zones, for staff."""

    refusals: ClassVar = {
        "destroy": (ShippingZoneInUse,),
    }
    queryset = ShippingZone.objects.order_by("pk")
    serializer_class = ShippingZoneSerializer
    permission_classes = (StaffModelPermission,)

    def perform_destroy(self, instance: ShippingZone) -> None:
        rates.remove_zone(zone_id=instance.pk)


class ShippingRateViewSet(ApiViewSet, ModelViewSet[ShippingRate]):
    """Rates, for staff."""

    refusals: ClassVar = {
        "create": (OverlappingRates,),
        "update": (OverlappingRates,),
        "partial_update": (OverlappingRates,),
    }
    queryset = ShippingRate.objects.order_by("pk")
    serializer_class = ShippingRateSerializer
    filterset_class = ShippingRateFilter
    permission_classes = (StaffModelPermission,)

    def perform_create(self, serializer: BaseSerializer[ShippingRate]) -> None:
        serializer.instance = rates.add_rate(**serializer.validated_data)

    def perform_update(self, serializer: BaseSerializer[ShippingRate]) -> None:
        assert serializer.instance is not None  # noqa: S101 - an update has one
        serializer.instance = rates.change_rate(rate_id=serializer.instance.pk, **serializer.validated_data)
