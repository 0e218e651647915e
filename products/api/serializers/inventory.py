"""Stock as staff see and correct it."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from common.api.serializers import StrictSerializer
from products.api.serializers.parts import MOST_UNITS
from products.api.serializers.reviews import ReviewedProductSerializer
from products.models import Product, ProductVariation, StockMovement

WHOLE_NUMBER = serializers.IntegerField()  # 1.5 is not the id 1


class VariationLinkSerializer(serializers.ModelSerializer[ProductVariation]):
    """Enough to name a variation."""

    class Meta:
        model = ProductVariation
        fields = ("id", "name", "value")
        read_only_fields = fields


class LowStockSerializer(serializers.Serializer[Product]):
    """A level at its threshold or below; needs what `low_stock` fetches."""

    product = ReviewedProductSerializer(source="*")
    variation = serializers.SerializerMethodField()
    sku = serializers.CharField(source="level_sku")
    stock_quantity = serializers.IntegerField(source="level")
    low_stock_threshold = serializers.IntegerField()

    @extend_schema_field(VariationLinkSerializer(allow_null=True))
    def get_variation(self, row: Any) -> dict[str, Any] | None:
        """Null where the product sells by itself."""
        if row.variation_id is None:
            return None
        return {"id": row.variation_id, "name": row.variation_name, "value": row.variation_value}


class StockMovementSerializer(serializers.ModelSerializer[StockMovement]):
    """A row of the ledger."""

    product = ReviewedProductSerializer(read_only=True)
    variation = VariationLinkSerializer(read_only=True, allow_null=True)
    actor = serializers.EmailField(source="actor.email", read_only=True, allow_null=True, default=None)

    class Meta:
        model = StockMovement
        fields = ("id", "product", "variation", "delta", "reason", "order_number", "note", "actor", "created_at")
        read_only_fields = fields


class AdjustStockSerializer(StrictSerializer):
    """A correction: `delta`, or `quantity` with the `expected_quantity` that it replaces."""

    product = serializers.PrimaryKeyRelatedField(
        queryset=Product.objects.all(), pk_field=WHOLE_NUMBER, required=False, allow_null=True, default=None
    )
    variation = serializers.PrimaryKeyRelatedField(
        queryset=ProductVariation.objects.all(), pk_field=WHOLE_NUMBER, required=False, allow_null=True, default=None
    )
    delta = serializers.IntegerField(required=False, min_value=-MOST_UNITS, max_value=MOST_UNITS)
    quantity = serializers.IntegerField(required=False, min_value=0, max_value=MOST_UNITS)
    expected_quantity = serializers.IntegerField(required=False, min_value=0, max_value=MOST_UNITS)
    reason = serializers.CharField(max_length=255)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        product, variation = attrs["product"], attrs["variation"]
        if product is None and variation is None:
            raise serializers.ValidationError({"product": "Either product or variation."}, code="required")
        if product is not None and variation is not None and variation.product_id != product.id:
            raise serializers.ValidationError({"variation": "Of another product."}, code="does_not_exist")
        if ("delta" in attrs) == ("quantity" in attrs):
            raise serializers.ValidationError(
                {"delta": "Either delta, or quantity with expected_quantity."}, code="required"
            )
        if ("quantity" in attrs) != ("expected_quantity" in attrs):
            raise serializers.ValidationError(
                {"expected_quantity": "Goes with quantity: the stock that you saw."}, code="required"
            )
        return attrs


class AdjustedStockSerializer(serializers.Serializer[Any]):
    """The level after a correction."""

    product = serializers.IntegerField()
    variation = serializers.IntegerField(allow_null=True)
    stock_quantity = serializers.IntegerField()
