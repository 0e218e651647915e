"""Addresses as checkout takes them: the id of a saved one, or one given in the body."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from authentication.services.address_rules import address_problems
from common.api.serializers import CountryField, StrictSerializer
from common.api.shapes import validate
from orders.services.checkout import AddressChoice


class AddressSerializer(StrictSerializer):
    """An address given in full."""

    full_name = serializers.CharField(max_length=255)
    company = serializers.CharField(max_length=255, required=False, allow_blank=True)
    phone = serializers.CharField(max_length=30, required=False, allow_blank=True)
    address_line1 = serializers.CharField(max_length=255)
    address_line2 = serializers.CharField(max_length=255, required=False, allow_blank=True, allow_null=True)
    city = serializers.CharField(max_length=100)
    state = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")
    country = CountryField(max_length=2, help_text="ISO 3166-1 alpha-2")
    postal_code = serializers.CharField(max_length=20, required=False, allow_blank=True, default="")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Hold region and postal code to what the country's addresses need."""
        place = {name: attrs[name] for name in ("country", "state", "postal_code")}
        if problems := address_problems(**place):
            raise serializers.ValidationError(
                {str(problem.field): [ErrorDetail(problem.detail, code=problem.code)] for problem in problems}
            )
        return attrs


class PlaceSerializer(AddressSerializer):
    """Where a quote is for: of an address only the country is needed."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = super().get_fields()
        for name, field in fields.items():
            field.required = name == "country"
        return fields

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return attrs


_SCHEMA = {
    "oneOf": [
        {"type": "integer", "description": "The id of a saved address of your own."},
        {
            "type": "object",
            "properties": {
                name: {"type": "string"}
                for name in (
                    "full_name",
                    "company",
                    "phone",
                    "address_line1",
                    "address_line2",
                    "city",
                    "state",
                    "country",
                    "postal_code",
                )
            },
        },
    ]
}


@extend_schema_field(_SCHEMA)
class AddressChoiceField(serializers.Field[AddressChoice, Any, Any, Any]):
    """A saved address by id, or an object that the given serializer takes."""

    default_error_messages = {"invalid": "The id of a saved address, or an address."}

    def __init__(self, *, given_as: type[AddressSerializer] = AddressSerializer, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.given_as = given_as

    def to_internal_value(self, data: Any) -> AddressChoice:
        if isinstance(data, int) and not isinstance(data, bool):
            return AddressChoice(saved_id=data)
        if not isinstance(data, Mapping):
            self.fail("invalid")
        return AddressChoice(given=validate(self.given_as, data))
