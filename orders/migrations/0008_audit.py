"""The triggers that tell the audit of orders, and of what else prices are made of: coupons, taxes, shipping."""

from django.db import migrations

from common.database import audit_trigger

ORDER = ("status", "tracking_number", "subtotal", "discount", "shipping_cost", "tax", "total", "user_id")
COUPON = ("code", "kind", "value", "minimum_subtotal", "starts_at", "ends_at", "max_uses", "max_uses_per_customer")
TAX_RATE = ("country", "region", "tax_class", "rate", "applies_to_shipping")
SHIPPING_METHOD = ("price", "is_active")
SHIPPING_RATE = ("price", "min_order_value", "max_order_value")
ALL = "INSERT UPDATE DELETE"


class Migration(migrations.Migration):
    dependencies = [
        ("common", "0007_audit_triggers"),
        ("orders", "0007_placed_from"),
        ("shipping", "0003_zone_lists_and_protection"),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        # What customers, gateways and the shop itself do with an order is told by its events alone.
        audit_trigger("orders_order", kind="order", model="orders.order", columns=ORDER, but_doors="storefront,task"),
        audit_trigger("orders_coupon", kind="price", model="orders.coupon", columns=(*COUPON, "is_active"), events=ALL),
        audit_trigger("orders_taxrate", kind="price", model="orders.taxrate", columns=TAX_RATE, events=ALL),
        audit_trigger(
            "shipping_shippingmethod",
            kind="price",
            model="shipping.shippingmethod",
            columns=SHIPPING_METHOD,
            events=ALL,
        ),
        audit_trigger(
            "shipping_shippingrate", kind="price", model="shipping.shippingrate", columns=SHIPPING_RATE, events=ALL
        ),
    ]
