"""The parts of a product: its pictures and variations, as everybody sees them and as staff write them."""

from decimal import Decimal
from typing import Any

from django.core.files.storage import default_storage
from rest_framework import serializers

from common.api.serializers import CurrencyField, MoneyField, StrictModelSerializer
from common.money import MAX_AMOUNT
from products.models import ProductImage, ProductVariation

MOST_UNITS = 1_000_000_000


RENDERED_FIELDS = ("width", "height", "renditions")


class RenditionSerializer(serializers.Serializer[Any]):
    """A smaller file of the same picture; its name tells its content, so it may be kept for ever."""

    url = serializers.SerializerMethodField()
    format = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()

    def get_url(self, rendition: dict[str, Any]) -> str:
        """Absolute, or starts with a slash."""
        return default_storage.url(rendition["name"])


class LeadingImageSerializer(serializers.ModelSerializer[ProductImage]):
    """The picture that stands for a product in lists; needs what `with_renditions` adds."""

    url = serializers.CharField(source="image.url", read_only=True)
    width = serializers.IntegerField(source="rendered.width", read_only=True, default=None, allow_null=True)
    height = serializers.IntegerField(source="rendered.height", read_only=True, default=None, allow_null=True)
    renditions = RenditionSerializer(source="rendered.renditions", many=True, read_only=True, default=[])

    class Meta:
        model = ProductImage
        fields: tuple[str, ...] = ("url", "alt_text", *RENDERED_FIELDS)
        read_only_fields = fields


class ImageSerializer(LeadingImageSerializer):
    """A picture of a product; the address is absolute or starts with a slash."""

    class Meta(LeadingImageSerializer.Meta):
        fields: tuple[str, ...] = ("url", "alt_text", "is_featured", "order", *RENDERED_FIELDS)
        read_only_fields = fields


class StaffImageSerializer(ImageSerializer):
    """A picture with the id by which staff change it."""

    class Meta(ImageSerializer.Meta):
        fields = ("id", *ImageSerializer.Meta.fields)
        read_only_fields = fields


class ChangeImageSerializer(StrictModelSerializer):
    """What staff may change of a picture."""

    class Meta:
        model = ProductImage
        fields: tuple[str, ...] = ("alt_text", "is_featured", "order")
        extra_kwargs = {"order": {"min_value": 0, "max_value": 10_000}}


class AddImageSerializer(ChangeImageSerializer):
    """A picture to upload; the service checks that it is one."""

    image = serializers.FileField(allow_empty_file=False, max_length=255)

    class Meta(ChangeImageSerializer.Meta):
        fields = ("image", *ChangeImageSerializer.Meta.fields)


class LowestPriceField(MoneyField):
    """What a reduction has to be measured by; null where the price in force replaced no higher one."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            source="lowest_price",
            read_only=True,
            allow_null=True,
            help_text="Lowest price of the 30 days before the price was reduced; null where it was not.",
            **kwargs,
        )


class VariationSerializer(serializers.ModelSerializer[ProductVariation]):
    """A variation on offer; needs its product at hand, to whose price it adds."""

    price = serializers.SerializerMethodField()
    in_stock = serializers.SerializerMethodField()

    class Meta:
        model = ProductVariation
        fields: tuple[str, ...] = ("id", "name", "value", "sku", "price", "in_stock")
        read_only_fields = fields

    def get_price(self, variation: ProductVariation) -> str:
        """The product's price and the adjustment."""
        return f"{variation.product.price + variation.price_adjustment:.2f}"

    def get_in_stock(self, variation: ProductVariation) -> bool:
        """Whether there is any."""
        return variation.is_active and variation.stock_quantity > 0


class StaffVariationSerializer(VariationSerializer):
    """A variation with what only staff see."""

    price_adjustment = MoneyField(read_only=True)
    currency = CurrencyField()

    class Meta(VariationSerializer.Meta):
        fields = (
            *VariationSerializer.Meta.fields,
            "price_adjustment",
            "currency",
            "stock_quantity",
            "is_active",
            "barcode",
        )
        read_only_fields = fields


class ReducedVariationSerializer(VariationSerializer):
    """A variation on its product's page; needs what `ProductQuerySet.for_detail` fetches."""

    lowest_price_30_days = LowestPriceField()

    class Meta(VariationSerializer.Meta):
        fields = (*VariationSerializer.Meta.fields, "lowest_price_30_days")
        read_only_fields = fields


class StaffReducedVariationSerializer(StaffVariationSerializer):
    """A variation on its product's page, with what only staff see."""

    lowest_price_30_days = LowestPriceField()

    class Meta(StaffVariationSerializer.Meta):
        fields = (*StaffVariationSerializer.Meta.fields, "lowest_price_30_days")
        read_only_fields = fields


class ChangeVariationSerializer(StrictModelSerializer):
    """What staff may change of a variation; its stock changes by adjustment only."""

    price_adjustment = MoneyField(required=False, min_value=-MAX_AMOUNT, default=Decimal("0.00"))

    class Meta:
        model = ProductVariation
        fields: tuple[str, ...] = ("name", "value", "sku", "barcode", "price_adjustment", "is_active")


class AddVariationSerializer(ChangeVariationSerializer):
    """A new variation, with the stock that it opens with."""

    stock_quantity = serializers.IntegerField(required=False, min_value=0, max_value=MOST_UNITS, default=0)

    class Meta(ChangeVariationSerializer.Meta):
        fields = (*ChangeVariationSerializer.Meta.fields, "stock_quantity")
