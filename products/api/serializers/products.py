"""Products: in lists and on their own page, for the public and for staff, and as staff write them."""

from functools import cached_property
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from common.api.permissions import is_staff_with
from common.api.serializers import CurrencyField, MoneyField, StrictModelSerializer
from products.api.serializers.categories import CategoryLinkSerializer
from products.api.serializers.parts import (
    MOST_UNITS,
    ImageSerializer,
    LeadingImageSerializer,
    LowestPriceField,
    ReducedVariationSerializer,
    StaffReducedVariationSerializer,
)
from products.models import Product

MOST_CATEGORIES = 100
LIST_FIELDS = (
    "id",
    "slug",
    "name",
    "sku",
    "price",
    "compare_price",
    "currency",
    "in_stock",
    "rating_average",
    "rating_count",
    "image",
    "categories",
    "created_at",
    "updated_at",
)
STAFF_FIELDS = (
    *("cost_price", "stock_quantity", "low_stock_threshold", "is_active", "tax_class", "barcode"),
    *("status", "publish_at", "unpublish_at"),
)


class ProductSerializer(serializers.ModelSerializer[Product]):
    """A product in a list; needs what `ProductQuerySet.for_list` fetches."""

    price = MoneyField(read_only=True)
    compare_price = MoneyField(read_only=True, allow_null=True)
    currency = CurrencyField()
    in_stock = serializers.BooleanField(source="is_in_stock", read_only=True)
    rating_average = serializers.DecimalField(
        source="listing.rating_average", max_digits=3, decimal_places=2, read_only=True
    )
    rating_count = serializers.IntegerField(source="listing.rating_count", read_only=True)
    image = serializers.SerializerMethodField()
    categories = CategoryLinkSerializer(many=True, read_only=True)

    class Meta:
        model = Product
        fields: tuple[str, ...] = LIST_FIELDS
        read_only_fields = fields

    @extend_schema_field(LeadingImageSerializer(allow_null=True))
    def get_image(self, product: Product) -> Any:
        """The featured picture, else the first; null where there is none."""
        first = next(iter(product.images.all()), None)
        return self._leading_image.to_representation(first) if first else None

    @cached_property
    def _leading_image(self) -> LeadingImageSerializer:
        return LeadingImageSerializer()


class StaffProductSerializer(ProductSerializer):
    """A product in a list, with what only staff see."""

    status = serializers.ChoiceField(choices=Product.Status.choices, read_only=True)

    class Meta(ProductSerializer.Meta):
        fields = (*LIST_FIELDS, *STAFF_FIELDS)
        read_only_fields = fields


class ProductDetailSerializer(ProductSerializer):
    """A product's own page; needs what `ProductQuerySet.for_detail` fetches."""

    lowest_price_30_days = LowestPriceField()
    images = ImageSerializer(many=True, read_only=True)
    variations = serializers.SerializerMethodField()

    class Meta(ProductSerializer.Meta):
        fields: tuple[str, ...] = (
            *LIST_FIELDS,
            "lowest_price_30_days",
            "is_discontinued",
            "description",
            "weight",
            "images",
            "variations",
        )
        read_only_fields = fields

    @extend_schema_field(ReducedVariationSerializer(many=True))
    def get_variations(self, product: Product) -> Any:
        """Those on offer."""
        return [self._variation.to_representation(each) for each in product.variations.all() if each.is_active]

    @cached_property
    def _variation(self) -> ReducedVariationSerializer:
        return ReducedVariationSerializer()


class StaffProductDetailSerializer(ProductDetailSerializer):
    """A product's own page, with what only staff see."""

    status = serializers.ChoiceField(choices=Product.Status.choices, read_only=True)

    class Meta(ProductDetailSerializer.Meta):
        fields = (*ProductDetailSerializer.Meta.fields, *STAFF_FIELDS)
        read_only_fields = fields

    @extend_schema_field(StaffReducedVariationSerializer(many=True))
    def get_variations(self, product: Product) -> Any:
        """All of them, on offer or not."""
        return [self._staff_variation.to_representation(each) for each in product.variations.all()]

    @cached_property
    def _staff_variation(self) -> StaffReducedVariationSerializer:
        return StaffReducedVariationSerializer()


class ChangeProductSerializer(StrictModelSerializer):
    """What staff may change of a product; its stock changes by adjustment only."""

    description = serializers.CharField(allow_blank=True, max_length=200_000)
    categories = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), required=False, max_length=MOST_CATEGORIES
    )

    class Meta:
        model = Product
        fields: tuple[str, ...] = (
            "name",
            "slug",
            "description",
            "price",
            "compare_price",
            "cost_price",
            "sku",
            "barcode",
            "low_stock_threshold",
            "weight",
            "is_active",
            "publish_at",
            "unpublish_at",
            "is_discontinued",
            "categories",
            "tax_class",
        )
        extra_kwargs = {
            "slug": {"required": False},
            "price": {"min_value": 0},
            "compare_price": {"min_value": 0},
            "cost_price": {"min_value": 0},
            "weight": {"min_value": 0},
            "low_stock_threshold": {"min_value": 0, "max_value": MOST_UNITS},
        }


class CreateProductSerializer(ChangeProductSerializer):
    """A new product, with the stock that it opens with."""

    stock_quantity = serializers.IntegerField(required=False, min_value=0, max_value=MOST_UNITS, default=0)

    class Meta(ChangeProductSerializer.Meta):
        fields = (*ChangeProductSerializer.Meta.fields, "stock_quantity")


def sees_everything(user: Any) -> bool:
    """Whether the user gets the staff's bodies."""
    return is_staff_with(user, "products.view_product")
