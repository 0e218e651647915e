"""Orders in JSON."""

from typing import Any

from rest_framework import serializers

from common.api.serializers import MoneyField, StrictSerializer
from orders.api.serializers.checkout import TaxLineSerializer
from orders.models import Order, OrderEvent, OrderItem


class EmptySerializer(StrictSerializer):
    """A body that says nothing."""


class CancelSerializer(StrictSerializer):
    """Why the order is cancelled."""

    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class ShipSerializer(StrictSerializer):
    """How to follow the parcel."""

    tracking_number = serializers.CharField(max_length=255)


class OrderItemSerializer(serializers.ModelSerializer[OrderItem]):
    """A line as it was bought."""

    class Meta:
        model = OrderItem
        fields = [
            "id",
            "product",
            "variation",
            "product_name",
            "product_sku",
            "variation_name",
            "quantity",
            "price",
            "total_price",
        ]
        read_only_fields = fields


class OrderEventSerializer(serializers.ModelSerializer[OrderEvent]):
    """One entry of the timeline."""

    class Meta:
        model = OrderEvent
        fields = ["at", "code", "detail"]
        read_only_fields = fields


class OrderSerializer(serializers.ModelSerializer[Order]):
    """An order; addresses are as they were when it was placed. `payments` comes from who takes payments."""

    items = OrderItemSerializer(many=True, read_only=True)
    shipping_address = serializers.DictField(
        child=serializers.CharField(), source="shipping_address_snapshot", read_only=True
    )
    billing_address = serializers.DictField(
        child=serializers.CharField(), source="billing_address_snapshot", read_only=True
    )
    tax_lines = TaxLineSerializer(many=True, read_only=True)
    payments = serializers.SerializerMethodField()
    events = OrderEventSerializer(many=True, read_only=True)

    class Meta:
        model = Order
        fields = [
            "order_number",
            "status",
            "email",
            "items",
            "shipping_address",
            "billing_address",
            "shipping_method",
            "shipping_method_name",
            "tracking_number",
            "subtotal",
            "shipping_cost",
            "tax",
            "discount",
            "total",
            "currency",
            "tax_lines",
            "coupon_code",
            "notes",
            "payments",
            "events",
            "paid_at",
            "expires_at",
            "created_at",
            "updated_at",
        ]
        read_only_fields = fields

    def get_payments(self, order: Order) -> list[dict[str, Any]]:
        payments: list[dict[str, Any]] = self.context["payments"].get(order.pk, [])
        return payments


class _AccessTokenField(serializers.CharField):
    """The token that was made with the order; not one of its columns, and there for guests alone."""

    def get_attribute(self, instance: Order) -> str:
        token: str = self.context["access_token"]
        return token


class PlacedOrderSerializer(OrderSerializer):
    """The answer to checkout; a guest's `access_token` is told here and never again."""

    # Not read-only, for the document would then say that customers get one too.
    access_token = _AccessTokenField(required=False)

    class Meta(OrderSerializer.Meta):
        fields = [*OrderSerializer.Meta.fields, "access_token"]
        read_only_fields = OrderSerializer.Meta.fields


class StepSerializer(serializers.Serializer[Any]):
    """One step to the total."""

    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field of that name, not the serializer's label
    amount = serializers.CharField()


class ExplanationSerializer(serializers.Serializer[Any]):
    """How a total came about; `sum` is that of the steps' amounts and equals `total`."""

    order_number = serializers.CharField()
    steps = StepSerializer(many=True)
    sum = MoneyField(read_only=True)
    total = MoneyField(read_only=True)
    currency = serializers.CharField()
