"""Addresses of the book."""

from typing import Any

from rest_framework import serializers

from authentication.models import Address
from common.api.serializers import StrictModelSerializer


class AddressSerializer(StrictModelSerializer):
    """An address; which region and postal code it needs depends on the country, and the service says so."""

    country = serializers.CharField(min_length=2, max_length=2, help_text="ISO 3166-1 alpha-2")

    class Meta:
        model = Address
        fields = (
            "id",
            "full_name",
            "company",
            "phone",
            "address_line1",
            "address_line2",
            "city",
            "state",
            "country",
            "postal_code",
            "is_default",
        )

    def validate_address_line2(self, value: Any) -> Any:
        return value or None
