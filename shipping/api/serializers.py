"""The JSON of shipping methods, zones, rates and quotes."""

from typing import Any

from rest_framework import serializers

from common.api.serializers import CountryField, CurrencyField, MoneyField, StrictModelSerializer, StrictSerializer
from shipping import validators
from shipping.models import ShippingMethod, ShippingRate, ShippingZone


class ShippingQuoteQuerySerializer(StrictSerializer):
    """Where to and for what order value; without a subtotal the caller's cart counts."""

    country = CountryField()
    state = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")
    subtotal = MoneyField(required=False)


class ShippingOptionSerializer(serializers.Serializer[Any]):
    """A method that serves the place, with its price there."""

    id = serializers.IntegerField(source="method.pk", read_only=True)
    name = serializers.CharField(source="method.name", read_only=True)
    description = serializers.CharField(source="method.description", read_only=True, allow_null=True)
    price = MoneyField(read_only=True)
    currency = CurrencyField()
    delivery_time = serializers.CharField(source="method.delivery_time", read_only=True)


class ShippingMethodSerializer(StrictModelSerializer):
    """A method as staff keep it; `price` is the base price."""

    price = MoneyField()
    currency = CurrencyField()

    class Meta:
        model = ShippingMethod
        fields = (
            "id",
            "name",
            "description",
            "price",
            "currency",
            "is_active",
            "delivery_time",
            "created_at",
            "updated_at",
        )


class ShippingZoneSerializer(StrictModelSerializer):
    """A zone: country codes, and where given only some regions of them."""

    countries = serializers.ListField(child=CountryField(), validators=[validators.country_list], max_length=249)
    regions = serializers.ListField(
        child=serializers.CharField(max_length=validators.MAX_REGION_LENGTH),
        validators=[validators.region_list],
        max_length=validators.MAX_REGIONS,
        required=False,
        allow_null=True,
    )

    class Meta:
        model = ShippingZone
        fields = ("id", "name", "countries", "regions")


class ShippingRateSerializer(StrictModelSerializer):
    """What a method costs in a zone for order values in [min_order_value, max_order_value)."""

    # Whole numbers only: 1.5 is not the id 1.
    shipping_method = serializers.PrimaryKeyRelatedField(
        queryset=ShippingMethod.objects.all(), pk_field=serializers.IntegerField()
    )
    shipping_zone = serializers.PrimaryKeyRelatedField(
        queryset=ShippingZone.objects.all(), pk_field=serializers.IntegerField()
    )
    price = MoneyField()
    min_order_value = MoneyField(required=False)
    max_order_value = MoneyField(required=False, allow_null=True)
    currency = CurrencyField()

    class Meta:
        model = ShippingRate
        fields = (
            "id",
            "shipping_method",
            "shipping_zone",
            "price",
            "min_order_value",
            "max_order_value",
            "currency",
        )
        # Bands that start alike overlap: the service answers that, with its own code.
        validators: list[Any] = []
