"""What `facets/` and `suggest/` answer."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from common.api.serializers import CurrencyField, MoneyField
from products.api.serializers.categories import CategoryLinkSerializer


class CategoryCountSerializer(CategoryLinkSerializer):
    """A category with the number of matching products in it or below it."""

    count = serializers.IntegerField()

    class Meta(CategoryLinkSerializer.Meta):
        fields = (*CategoryLinkSerializer.Meta.fields, "count")
        read_only_fields = fields


class OptionValueSerializer(serializers.Serializer[Any]):
    """A value of an option with the number of matching products offered in it."""

    value = serializers.CharField()
    count = serializers.IntegerField()


class OptionCountSerializer(serializers.Serializer[Any]):
    """An option with its values."""

    name = serializers.CharField()
    values = OptionValueSerializer(many=True)


class PriceBandSerializer(serializers.Serializer[Any]):
    """A band of prices; its ends can be sent back as `min_price` and `max_price`."""

    min_price = MoneyField()
    max_price = MoneyField()
    count = serializers.IntegerField()


@extend_schema_serializer(many=False)
class FacetsSerializer(serializers.Serializer[Any]):
    """Counts over all products that the filters match."""

    count = serializers.IntegerField()
    count_is_estimate = serializers.BooleanField()
    currency = CurrencyField()
    categories = CategoryCountSerializer(many=True)
    options = OptionCountSerializer(many=True)
    prices = PriceBandSerializer(many=True)


class ProductSuggestionSerializer(serializers.Serializer[Any]):
    """A product's name and where it leads."""

    name = serializers.CharField()
    slug = serializers.SlugField()


@extend_schema_serializer(many=False)
class SuggestionsSerializer(serializers.Serializer[Any]):
    """What the customer may mean."""

    products = ProductSuggestionSerializer(many=True)
    categories = CategoryLinkSerializer(many=True)
