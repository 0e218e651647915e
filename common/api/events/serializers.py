"""What may be asked of the feed, and what one event of it looks like, there and in a webhook."""

from typing import Any

from rest_framework import serializers

from common.api.pagination import MAX_PAGE_SIZE
from common.feed import Told, public_names
from common.numbers import HIGHEST_ID

PAGE_SIZE = 24


class ReadEventsSerializer(serializers.Serializer[Any]):
    """The parameters of the feed."""

    after = serializers.IntegerField(
        required=False, min_value=0, max_value=HIGHEST_ID, help_text="Id of the last event that you have; 0 for all."
    )
    before = serializers.IntegerField(
        required=False, min_value=0, max_value=HIGHEST_ID, help_text="Backwards from this id, as in `previous`."
    )
    type = serializers.ListField(
        child=serializers.CharField(max_length=60),
        required=False,
        max_length=100,
        help_text="Types wanted, such as order.placed; all where left out. May be repeated.",
    )
    page_size = serializers.IntegerField(required=False, min_value=1, max_value=MAX_PAGE_SIZE, default=PAGE_SIZE)

    def validate_type(self, value: list[str]) -> list[str]:
        """The types; an unknown one would wait for ever."""
        return known_types(value)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "after" in attrs and "before" in attrs:
            raise serializers.ValidationError({"before": ["Not together with after."]}, code="invalid")
        return attrs


def known_types(names: list[str]) -> list[str]:
    """The names, each once and sorted; raises ValidationError where one is not of an event that leaves the shop."""
    if unknown := sorted(set(names) - set(public_names())):
        raise serializers.ValidationError(f"There are no events of type {', '.join(unknown)}.", code="invalid")
    return sorted(set(names))


class EventSerializer(serializers.Serializer[Told]):
    """One event; which facts `data` holds follows from the type."""

    id = serializers.IntegerField(help_text="Grows along the feed.")
    type = serializers.CharField()
    resource = serializers.CharField(help_text="What it happened to, such as order:AB12.")
    at = serializers.DateTimeField(help_text="When it became true.")
    data = serializers.DictField()  # type: ignore[assignment]  # a field of that name, not what serializers have


class EventPageSerializer(serializers.Serializer[Any]):
    """A page of the feed, the oldest first."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = EventSerializer(many=True)
