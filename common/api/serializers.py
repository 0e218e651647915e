"""Serializer bases that refuse what they do not know, and the fields that every app shares."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from common.countries import COUNTRY_CODES, normalise_country
from common.money import MAX_AMOUNT

MAX_EMAIL_LENGTH = 254


class _RefuseUnknownFields(serializers.Serializer[Any]):
    """Answers 400 `unknown_field` for input fields that do not exist or that only the server sets."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = self._unknown_fields(data)
        try:
            value = super().to_internal_value(data)
        except ValidationError as error:
            if unknown and isinstance(error.detail, dict):
                raise ValidationError({**error.detail, **unknown}) from error
            raise
        if unknown:
            raise ValidationError(unknown)
        return value

    def _unknown_fields(self, data: Any) -> dict[str, list[ErrorDetail]]:
        if not isinstance(data, Mapping):
            return {}
        known = {field.field_name for field in self._writable_fields}
        return {
            str(name): [ErrorDetail("This field is not known or is set by the server.", code="unknown_field")]
            for name in data
            if name not in known
        }


class StrictSerializer(_RefuseUnknownFields):
    """A plain serializer that refuses unknown and read-only input fields."""


class StrictModelSerializer(_RefuseUnknownFields, serializers.ModelSerializer[Any]):
    """A model serializer that refuses unknown and read-only input fields."""


class MoneyField(serializers.DecimalField):
    """An amount in the shop's currency: a string with two decimals, never negative unless told so."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 10)
        kwargs.setdefault("decimal_places", 2)
        kwargs.setdefault("max_value", MAX_AMOUNT)
        if not kwargs.get("read_only"):
            kwargs.setdefault("min_value", 0)
        super().__init__(**kwargs)


class EmailAddressField(serializers.EmailField):
    """An e-mail address that fits its column in lower case too, which some letters outgrow."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": MAX_EMAIL_LENGTH, **kwargs})

    def to_internal_value(self, data: Any) -> str:
        address: str = super().to_internal_value(data)
        if len(address.lower()) > MAX_EMAIL_LENGTH:
            self.fail("max_length", max_length=MAX_EMAIL_LENGTH)
        return address


class CurrencyField(serializers.CharField):
    """The shop's one currency, beside every object that carries money."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"read_only": True, "source": "*", **kwargs})

    def to_representation(self, value: Any) -> str:
        return str(settings.SHOP_CURRENCY)


class CountryField(serializers.CharField):
    """An ISO 3166-1 alpha-2 code, in capitals however it is typed."""

    default_error_messages = {"unknown_country": "Not a country code of ISO 3166-1 alpha-2."}

    def to_internal_value(self, data: Any) -> str:
        code = normalise_country(super().to_internal_value(data))
        if code not in COUNTRY_CODES:
            self.fail("unknown_country")
        return code
