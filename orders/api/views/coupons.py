"""Coupons and tax rates over HTTP, for staff."""

from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import ModelViewSet

from common.api.permissions import StaffModelPermission
from common.api.views import ApiViewSet
from orders.api.serializers.coupons import CouponSerializer, TaxRateSerializer
from orders.models import Coupon, TaxRate
from orders.services import coupon_terms


class CouponViewSet(ApiViewSet, ModelViewSet[Coupon]):
    """Coupons; one that was used is switched off instead of deleted."""

    queryset = Coupon.objects.order_by("pk")
    serializer_class = CouponSerializer
    permission_classes = (StaffModelPermission,)

    def perform_create(self, serializer: BaseSerializer[Coupon]) -> None:
        serializer.instance = coupon_terms.create_coupon(**serializer.validated_data)

    def perform_update(self, serializer: BaseSerializer[Coupon]) -> None:
        assert serializer.instance is not None  # noqa: S101 - an update has one
        serializer.instance = coupon_terms.change_coupon(coupon_id=serializer.instance.pk, **serializer.validated_data)

    def perform_destroy(self, instance: Coupon) -> None:
        coupon_terms.remove_coupon(coupon_id=instance.pk)


class TaxRateViewSet(ApiViewSet, ModelViewSet[TaxRate]):
    """Tax rates; an order keeps those it was priced with."""

    queryset = TaxRate.objects.order_by("pk")
    serializer_class = TaxRateSerializer
    permission_classes = (StaffModelPermission,)
