"""The JSON of coupons and tax rates, for staff."""

from rest_framework import serializers

from common.api.serializers import CountryField, CurrencyField, MoneyField, StrictModelSerializer
from orders.models import Coupon, TaxRate

MAX_USES = 2_147_483_647


class CouponSerializer(StrictModelSerializer):
    """A coupon with its terms; `use_count` is how many uses are in force."""

    value = MoneyField(required=False)
    minimum_subtotal = MoneyField(required=False)
    max_uses = serializers.IntegerField(min_value=0, max_value=MAX_USES, required=False, allow_null=True)
    max_uses_per_customer = serializers.IntegerField(min_value=0, max_value=MAX_USES, required=False, allow_null=True)
    currency = CurrencyField()

    class Meta:
        model = Coupon
        fields = (
            "id",
            "code",
            "kind",
            "value",
            "currency",
            "minimum_subtotal",
            "starts_at",
            "ends_at",
            "max_uses",
            "max_uses_per_customer",
            "use_count",
            "is_active",
            "created_at",
        )
        read_only_fields = ("use_count", "created_at")


class TaxRateSerializer(StrictModelSerializer):
    """A tax rate in per cent; an empty region is the whole country, an empty class the standard one."""

    country = CountryField()
    rate = serializers.DecimalField(max_digits=6, decimal_places=3, min_value=0, max_value=100)

    class Meta:
        model = TaxRate
        fields = ("id", "name", "country", "region", "tax_class", "rate", "applies_to_shipping")
