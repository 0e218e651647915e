"""What clients send to pay and to refund; `payments.api.schemas` has what they get."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from common.api.serializers import MoneyField, StrictSerializer

MAX_REASON_LENGTH = 1000
MAX_LINES = 1000
MAX_QUANTITY = 2**31 - 1
MAX_ID = 2**63 - 1


class StartPaymentSerializer(StrictSerializer):
    """How an order is to be paid; the amount is always the order's total."""

    payment_method = serializers.CharField(max_length=20)
    details = serializers.DictField(required=False, help_text="What the payment method needs, such as `token`.")


class RefundLineSerializer(StrictSerializer):
    """Units of one order line."""

    order_item = serializers.IntegerField(min_value=1, max_value=MAX_ID)
    quantity = serializers.IntegerField(min_value=1, max_value=MAX_QUANTITY)


class PreviewRefundSerializer(StrictSerializer):
    """What to give back: an amount, or units of lines and the shipping; nothing asks for all that is left."""

    amount = MoneyField(required=False, min_value=Decimal("0.01"))
    items = serializers.ListField(child=RefundLineSerializer(), required=False, max_length=MAX_LINES)
    shipping = serializers.BooleanField(required=False, default=False)

    def validate_items(self, items: list[Mapping[str, int]]) -> dict[int, int]:
        """The quantities by order line, each line once."""
        quantities = {line["order_item"]: line["quantity"] for line in items}
        if len(quantities) != len(items):
            raise ValidationError("Name each line once.", code="repeated")
        return quantities

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """An amount says all; it goes with neither lines nor shipping."""
        if "amount" in attrs and (attrs.get("items") or attrs["shipping"]):
            raise ValidationError({"amount": ["Either an amount, or items and shipping."]}, code="invalid")
        return attrs


class RefundSerializer(PreviewRefundSerializer):
    """A refund: what, why, and whether the goods go back to stock."""

    reason = serializers.CharField(max_length=MAX_REASON_LENGTH, required=False, allow_blank=True, default="")
    restock = serializers.BooleanField(required=False, default=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Something must be named."""
        attrs = super().validate(attrs)
        if "amount" not in attrs and not attrs.get("items") and not attrs["shipping"]:
            raise ValidationError({"amount": ["Name an amount, items or shipping."]}, code="required")
        return attrs
