"""What staff say of endpoints and are shown of them and of deliveries; secrets are shown when they are made."""

from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_aware
from rest_framework import serializers

from common.api.events.serializers import known_types
from common.api.serializers import StrictModelSerializer, StrictSerializer
from common.models import WebhookDelivery, WebhookEndpoint
from common.numbers import HIGHEST_ID, whole_number
from common.remote_files import LONGEST_URL
from common.webhooks.fan_out import Wanted

_SERVERS = (
    "former_secret_until",
    "failures",
    "resting_until",
    "paused_at",
    "paused_reason",
    "created_at",
    "updated_at",
)


class WebhookSerializer(StrictModelSerializer):
    """An endpoint without its secrets."""

    url = serializers.CharField(max_length=LONGEST_URL, help_text="https, on the public internet.")
    types = serializers.ListField(
        child=serializers.CharField(max_length=60),
        required=False,
        max_length=100,
        help_text="Types of events wanted; all where it is empty.",
    )

    class Meta:
        model = WebhookEndpoint
        fields: tuple[str, ...] = ("id", "url", "description", "types", "is_active", *_SERVERS)
        read_only_fields = ("id", *_SERVERS)

    def validate_types(self, value: list[str]) -> list[str]:
        return known_types(value)


class WebhookWithSecretSerializer(WebhookSerializer):
    """An endpoint with the secret that was just made; it is never shown again."""

    secret = serializers.CharField(read_only=True)

    class Meta(WebhookSerializer.Meta):
        fields = (*WebhookSerializer.Meta.fields, "secret")


class DeliverAgainSerializer(StrictSerializer):
    """Which events are wanted again: `event`, or all that come `from` an event's id or a time on."""

    event = serializers.IntegerField(required=False, min_value=1, max_value=HIGHEST_ID, help_text="Id of one event.")

    def get_fields(self) -> dict[str, Any]:
        start = serializers.CharField(required=False, max_length=40, help_text="Id of an event, or a time.")
        return {**super().get_fields(), "from": start}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1:
            raise serializers.ValidationError({"from": ["Either this or event."]}, code="invalid")
        if "from" not in attrs:
            return {"wanted": Wanted(event=attrs["event"])}
        return {"wanted": _from(attrs["from"])}


def _from(text: str) -> Wanted:
    number = whole_number(text)
    if number is not None:
        return Wanted(from_event=number)
    try:
        since = parse_datetime(text)
    except ValueError:
        since = None
    if since is None or not is_aware(since):
        raise serializers.ValidationError({"from": ["An id, or a time such as 2026-05-04T10:15:00Z."]}, code="invalid")
    return Wanted(since=since)


class DeliveredAgainSerializer(serializers.Serializer[Any]):
    """How many events go out again."""

    count = serializers.IntegerField()


class WebhookDeliverySerializer(serializers.ModelSerializer[WebhookDelivery]):
    """One event on its way to the endpoint, or there."""

    event = serializers.IntegerField(source="position", help_text="Id of the event, as in the feed.")
    type = serializers.CharField(source="event.name")

    class Meta:
        model = WebhookDelivery
        fields = (
            *("id", "event", "type", "resource", "attempts", "failures", "sending_since", "next_attempt_at"),
            *("last_attempt_at", "last_status", "last_error", "done_at"),
        )
        read_only_fields = fields
