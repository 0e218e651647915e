"""Stock feeds over HTTP: rows by SKU in, what became of each out."""

from typing import Any

from rest_framework import serializers

from common.api.serializers import StrictSerializer
from products.services.stock import MOST_UNITS
from products.services.stock_feed import MOST_AT_ONCE


class FeedRowSerializer(StrictSerializer):
    """`delta`, or `quantity` with `expected_quantity` or `counted_at`."""

    sku = serializers.CharField(max_length=50)
    quantity = serializers.IntegerField(required=False, min_value=0, max_value=MOST_UNITS)
    expected_quantity = serializers.IntegerField(required=False, min_value=0, max_value=MOST_UNITS)
    counted_at = serializers.DateTimeField(required=False)
    delta = serializers.IntegerField(required=False, min_value=-MOST_UNITS, max_value=MOST_UNITS)
    reason = serializers.CharField(required=False, max_length=255, default="", allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("quantity" in attrs) == ("delta" in attrs):
            raise serializers.ValidationError({"quantity": "Either quantity or delta."}, code="required")
        rules = [name for name in ("expected_quantity", "counted_at") if name in attrs]
        if len(rules) != ("quantity" in attrs):
            raise serializers.ValidationError(
                {"quantity": "Goes with one of expected_quantity and counted_at, a delta with neither."},
                code="unsafe_quantity",
            )
        return attrs


class FeedRowsSerializer(serializers.ListSerializer[Any]):
    """So many rows as one transaction takes."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs, allow_empty=False, max_length=MOST_AT_ONCE)


class FeedResultSerializer(serializers.Serializer[Any]):
    """What became of one row."""

    sku = serializers.CharField()
    stock_quantity = serializers.IntegerField(allow_null=True, help_text="The level now; null for an unknown SKU")
    change = serializers.IntegerField(help_text="The units that moved")
    code = serializers.CharField(allow_null=True, help_text="Why the row was refused; null where it was taken")
    detail = serializers.CharField(allow_null=True)


class FeedResultsSerializer(serializers.Serializer[Any]):
    """The rows' results, in the order of the request."""

    results = FeedResultSerializer(many=True)
