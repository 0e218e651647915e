"""Carts in JSON."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from common.api.serializers import CurrencyField, MoneyField, StrictSerializer
from common.api.shapes import represent
from orders.services.carts import CartSummary, Line

BIGGEST_ID = 2**63 - 1
SUM_DIGITS = 14  # a cart may add up to more than one order can hold


class AddItemSerializer(StrictSerializer):
    """What to put into the cart."""

    product = serializers.IntegerField(min_value=1, max_value=BIGGEST_ID)
    variation = serializers.IntegerField(min_value=1, max_value=BIGGEST_ID, required=False, allow_null=True)
    quantity = serializers.IntegerField(min_value=1, max_value=settings.CART_MAX_QUANTITY, default=1)


class ChangeItemSerializer(StrictSerializer):
    """How many of a line."""

    quantity = serializers.IntegerField(min_value=1, max_value=settings.CART_MAX_QUANTITY)


class CouponCodeSerializer(StrictSerializer):
    """A coupon's code."""

    code = serializers.CharField(max_length=40)


class MergeSerializer(StrictSerializer):
    """The token of the guest's cart."""

    token = serializers.CharField(max_length=200)


class PictureSerializer(serializers.Serializer[Any]):
    """A picture."""

    url = serializers.CharField(source="image.url")
    alt_text = serializers.CharField()


class CartProductSerializer(serializers.Serializer[Any]):
    """The product of a line."""

    id = serializers.IntegerField()
    slug = serializers.CharField()
    name = serializers.CharField()
    image = serializers.SerializerMethodField()

    @extend_schema_field(PictureSerializer(allow_null=True))
    def get_image(self, product: Any) -> Any:
        picture = self.context["pictures"].get(product.id)
        return represent(PictureSerializer, picture) if picture else None


class CartVariationSerializer(serializers.Serializer[Any]):
    """The variation of a line."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    value = serializers.CharField()


class CartLineSerializer(serializers.Serializer[Line]):
    """One line of a cart."""

    id = serializers.IntegerField(source="item_id")
    product = CartProductSerializer()
    variation = CartVariationSerializer(allow_null=True)
    sku = serializers.CharField()
    quantity = serializers.IntegerField()
    unit_price = MoneyField(read_only=True, max_digits=SUM_DIGITS)
    line_total = MoneyField(read_only=True, max_digits=SUM_DIGITS)


class ProblemSerializer(serializers.Serializer[Any]):
    """What would stop checkout; `item` is a line's id, or null for the cart as a whole."""

    item = serializers.IntegerField(allow_null=True)
    code = serializers.CharField()
    detail = serializers.CharField()
    available = serializers.IntegerField(required=False)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        body: dict[str, Any] = super().to_representation(instance)
        if body["available"] is None:
            del body["available"]
        return body


class CartSerializer(serializers.Serializer[CartSummary]):
    """A cart; prices are today's. `token` opens a guest's cart and is null for users and empty carts."""

    token = serializers.SerializerMethodField()
    items = CartLineSerializer(many=True, source="contents.lines")
    item_count = serializers.IntegerField()
    subtotal = MoneyField(read_only=True, max_digits=SUM_DIGITS)
    discount = MoneyField(read_only=True, max_digits=SUM_DIGITS)
    coupon = serializers.CharField(source="contents.cart.coupon.code", allow_null=True, default=None)
    currency = CurrencyField()
    problems = ProblemSerializer(many=True)
    updated_at = serializers.DateTimeField(source="contents.cart.updated_at", allow_null=True)

    def get_token(self, summary: CartSummary) -> str | None:
        token: str | None = self.context["token"]
        return token
