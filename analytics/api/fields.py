"""Fields of analytics' input and output."""

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from common.api.serializers import MoneyField
from common.errors import InvalidInput
from common.tokens import hash_token

MAX_ID = 2**63 - 1
MAX_SLUG_LENGTH = 280


def is_product_reference(data: object) -> bool:
    """Whether this may be a product's slug or id."""
    if isinstance(data, str):
        return 1 <= len(data) <= MAX_SLUG_LENGTH and "\x00" not in data
    return isinstance(data, int) and not isinstance(data, bool) and 1 <= data <= MAX_ID


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "integer"}]})
class ProductReferenceField(serializers.Field[str | int, Any, str | int, Any]):
    """A product's slug or id."""

    default_error_messages = {"invalid": "A product's slug or id."}

    def to_internal_value(self, data: Any) -> str | int:
        if not is_product_reference(data):
            self.fail("invalid")
        reference: str | int = data
        return reference

    def to_representation(self, value: str | int) -> str | int:
        return value


class SumField(MoneyField):
    """A sum of money, which may be larger than any price and below zero."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_digits": 24, "max_value": None, "read_only": True, **kwargs})


def visitor_hash(header: str | None) -> str | None:
    """What is kept of X-Visitor-ID; None without the header, InvalidInput unless it is a UUID in its usual form."""
    if header is None:
        return None
    try:
        visitor = str(uuid.UUID(header))
    except ValueError:
        visitor = None
    if visitor is None or visitor != header.lower():
        raise InvalidInput.of("X-Visitor-ID", "invalid", "A UUID that the client makes once and keeps.")
    return hash_token(visitor)
