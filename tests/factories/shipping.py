"""Shipping methods, zones and rates."""

from decimal import Decimal

import factory

from shipping.models import ShippingMethod, ShippingRate, ShippingZone


class ShippingMethodFactory(factory.django.DjangoModelFactory[ShippingMethod]):
    class Meta:
        model = ShippingMethod

    name = "Standard"
    price = Decimal("5.00")
    delivery_time = "3-5 days"


class ShippingZoneFactory(factory.django.DjangoModelFactory[ShippingZone]):
    class Meta:
        model = ShippingZone

    name = "United States"
    countries = factory.LazyFunction(lambda: ["US"])


class ShippingRateFactory(factory.django.DjangoModelFactory[ShippingRate]):
    class Meta:
        model = ShippingRate

    shipping_method = factory.SubFactory(ShippingMethodFactory)
    shipping_zone = factory.SubFactory(ShippingZoneFactory)
    price = Decimal("4.00")
