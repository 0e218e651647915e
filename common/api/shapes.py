"""Serializers kept for each thread: DRF makes every field anew for each instance, which costs more than its use.

Only for serializers that keep nothing of one request for the next, as all of ours do; the context is set each time.
"""

import threading
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.settings import api_settings

_kept = threading.local()


def represent(shape: type[serializers.Serializer[Any]], instance: object, **context: object) -> dict[str, Any]:
    """The instance as the serializer shows it, with this context."""
    kept = _instance_of(shape)
    kept._context = context  # noqa: SLF001 - where DRF keeps what its constructor takes
    try:
        return dict(kept.to_representation(instance))
    finally:
        kept._context = {}  # noqa: SLF001


def validate(shape: type[serializers.Serializer[Any]], data: object) -> dict[str, Any]:
    """What the serializer makes of the data; raises ValidationError as its `is_valid` would."""
    try:
        return dict(_instance_of(shape).run_validation(data))
    except ValidationError as error:
        if isinstance(error.detail, list) and [getattr(one, "code", "") for one in error.detail] == ["null"]:
            nothing = ErrorDetail("No data provided", code="null")  # `null` as the whole body, in DRF's words
            raise ValidationError({api_settings.NON_FIELD_ERRORS_KEY: [nothing]}) from error
        raise


def _instance_of(shape: type[serializers.Serializer[Any]]) -> serializers.Serializer[Any]:
    kept: dict[Any, serializers.Serializer[Any]] = _kept.__dict__
    if shape not in kept:
        kept[shape] = shape()
    return kept[shape]
