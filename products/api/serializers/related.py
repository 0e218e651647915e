"""What `related/` answers."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from products.api.serializers.products import ProductSerializer


@extend_schema_serializer(many=False)
class RelatedSerializer(serializers.Serializer[Any]):
    """Two rows of products, as lists show them; none stands in both."""

    also_bought = ProductSerializer(many=True, read_only=True)
    related = ProductSerializer(many=True, read_only=True)
