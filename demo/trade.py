"""How the demo shop trades: shipping methods with zones and rates, a tax rate, two coupons."""

from decimal import Decimal

from orders.models import Coupon, TaxRate
from shipping.models import ShippingMethod, ShippingZone
from shipping.services import rates

PERCENT_COUPON = "WELCOME10"
SHIPPING_COUPON = "FREESHIP"


def create_trade() -> None:
    """Create methods, zones, rates, the tax rate and the coupons."""
    _create_shipping()
    TaxRate.objects.create(name="California sales tax", country="US", region="CA", rate=Decimal("7.25"))
    Coupon.objects.create(code=PERCENT_COUPON, kind=Coupon.Kind.PERCENT, value=Decimal(10))
    Coupon.objects.create(
        code=SHIPPING_COUPON,
        kind=Coupon.Kind.FREE_SHIPPING,
        minimum_subtotal=Decimal(50),
        max_uses_per_customer=20,
    )


def _create_shipping() -> None:
    states = ShippingZone.objects.create(name="United States", countries=["US"])
    west = ShippingZone.objects.create(name="US West Coast", countries=["US"], regions=["CA", "OR", "WA"])
    canada = ShippingZone.objects.create(name="Canada", countries=["CA"])
    europe = ShippingZone.objects.create(
        name="Europe", countries=["AT", "BE", "CH", "DE", "DK", "ES", "FR", "GB", "IE", "IT", "NL", "PL", "PT", "SE"]
    )
    standard = _method("Standard", "Parcel with tracking", "5.95", "3 to 5 working days")
    express = _method("Express", "By air, with signature", "19.95", "1 to 2 working days")
    international = _method("International", "Duties are paid by the recipient", "24.95", "7 to 14 working days")
    for zone, price in ((west, "4.95"), (states, "5.95"), (canada, "9.95")):
        rates.add_rate(shipping_method=standard, shipping_zone=zone, price=Decimal(price), max_order_value=Decimal(75))
        rates.add_rate(shipping_method=standard, shipping_zone=zone, price=Decimal(0), min_order_value=Decimal(75))
    for zone, price in ((west, "12.95"), (states, "16.95"), (canada, "24.95")):
        rates.add_rate(shipping_method=express, shipping_zone=zone, price=Decimal(price))
    rates.add_rate(shipping_method=international, shipping_zone=europe, price=Decimal("19.95"))


def _method(name: str, description: str, price: str, delivery_time: str) -> ShippingMethod:
    return ShippingMethod.objects.create(
        name=name, description=description, price=Decimal(price), delivery_time=delivery_time
    )
