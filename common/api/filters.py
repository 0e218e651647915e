"""Filters that every list may use."""

from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django_filters.fields import IsoDateTimeField
from django_filters.rest_framework import IsoDateTimeFilter


class MomentField(IsoDateTimeField):
    """A moment in ISO 8601, in UTC: PostgreSQL knows fewer offsets, and Python fewer years, than can be written."""

    def to_python(self, value: Any) -> datetime | None:
        moment: datetime | None = super().to_python(value)
        try:
            return moment.astimezone(UTC) if moment else None
        except OverflowError as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error


class MomentFilter(IsoDateTimeFilter):
    """Compares with a moment."""

    field_class = MomentField
