"""The filters of staff's shipping lists."""

from django_filters import FilterSet

from common.api.filters import MomentFilter
from shipping.models import ShippingMethod, ShippingRate


class ShippingMethodFilter(FilterSet):
    """Of all methods, those changed since."""

    updated_after = MomentFilter(field_name="updated_at", lookup_expr="gt")

    class Meta:
        model = ShippingMethod
        fields: list[str] = []


class ShippingRateFilter(FilterSet):
    """Of all rates, those of a method or of a zone."""

    class Meta:
        model = ShippingRate
        fields = ["shipping_method", "shipping_zone"]
