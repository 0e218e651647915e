"""What may be asked of the audit, and what one line of it looks like."""

import base64
import binascii
import json
import re
from typing import Any

from rest_framework import serializers

from common.audit.trail import HIGHEST, Line, Position, Wanted
from common.models import AuditEntry

_OBJECT = re.compile(r"([a-z]+\.[a-z]+):([1-9][0-9]{0,17})", re.ASCII)


class ReadAuditSerializer(serializers.Serializer[Any]):
    """The parameters of the list."""

    actor = serializers.IntegerField(required=False, min_value=1, max_value=HIGHEST, help_text="Id of who changed it.")
    door = serializers.ChoiceField(required=False, choices=AuditEntry.Door.choices)
    kind = serializers.ChoiceField(required=False, choices=AuditEntry.Kind.choices)
    object = serializers.RegexField(
        _OBJECT, required=False, max_length=80, help_text="What was changed, such as products.product:12."
    )
    request_id = serializers.RegexField(r"^[A-Za-z0-9._-]{1,64}\Z", required=False)
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)
    page_size = serializers.IntegerField(required=False, min_value=1, max_value=100, default=24)
    cursor = serializers.CharField(required=False, max_length=400)

    def validate_object(self, value: str) -> str:
        if _OBJECT.fullmatch(value) is None:
            raise serializers.ValidationError("A type and a key, such as products.product:12.", code="invalid")
        return value

    def validate_cursor(self, value: str) -> Position:
        """Where the page begins: keys by source."""
        try:
            position = json.loads(base64.urlsafe_b64decode(value.encode("ascii")))
        except (ValueError, binascii.Error) as error:
            raise _not_a_cursor() from error
        is_sound = isinstance(position, dict) and all(
            isinstance(key, int) and 0 < key <= HIGHEST for key in position.values()
        )
        if not is_sound:
            raise _not_a_cursor()
        return dict(position)

    def wanted(self) -> Wanted:
        """The filters, once the parameters were found valid."""
        data = self.validated_data
        object_type, _, object_id = data.get("object", "").partition(":")
        return Wanted(
            actor=data.get("actor"),
            door=data.get("door"),
            kind=data.get("kind"),
            object_type=object_type or None,
            object_id=int(object_id) if object_id else None,
            request_id=data.get("request_id"),
            since=data.get("since"),
            until=data.get("until"),
        )


def as_cursor(position: Position) -> str:
    """The position as a parameter."""
    return base64.urlsafe_b64encode(json.dumps(position, separators=(",", ":")).encode()).decode()


def _not_a_cursor() -> serializers.ValidationError:
    return serializers.ValidationError("Not a cursor of this list.", code="invalid")


class AuditObjectSerializer(serializers.Serializer[Any]):
    """What was changed."""

    type = serializers.CharField(source="object_type")
    id = serializers.IntegerField(source="object_id")


class AuditLineSerializer(serializers.Serializer[Line]):
    """One change: of the audit itself, or from the ledger of stock or of orders' events, as `source` says."""

    source = serializers.CharField()  # type: ignore[assignment]  # a field of that name, not what fields have
    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    kind = serializers.ChoiceField(choices=AuditEntry.Kind.choices)
    object = AuditObjectSerializer(source="*")
    door = serializers.ChoiceField(choices=AuditEntry.Door.choices, allow_null=True)
    origin = serializers.CharField()
    actor = serializers.IntegerField(allow_null=True)
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)
    note = serializers.CharField()
    request_id = serializers.CharField()
    client_address = serializers.CharField(allow_null=True)


class AuditPageSerializer(serializers.Serializer[Any]):
    """A page of the audit, the newest first."""

    next = serializers.URLField(allow_null=True)
    results = AuditLineSerializer(many=True)
