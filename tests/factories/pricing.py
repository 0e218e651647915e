"""Coupons and tax rates."""

from decimal import Decimal

import factory

from orders.models import Coupon, TaxRate


class CouponFactory(factory.django.DjangoModelFactory[Coupon]):
    class Meta:
        model = Coupon

    code = factory.Sequence(lambda n: f"COUPON{n}")
    kind = Coupon.Kind.PERCENT
    value = Decimal("10.00")


class TaxRateFactory(factory.django.DjangoModelFactory[TaxRate]):
    class Meta:
        model = TaxRate

    name = "Sales tax"
    country = "US"
    rate = Decimal("10.000")
