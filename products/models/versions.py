"""Versions of rows, by which what was made of them is kept."""

from typing import Any

from django.db.models import BigIntegerField, Func, Value


class NextVersion(Func):
    """The version after `before`: always greater, and the time in microseconds where that is greater still.

    So a version that was lost, because a backup was restored, does not come again with other content.
    """

    function = "products_next_version"
    output_field = BigIntegerField()

    def __init__(self, before: Any = 0, **extra: Any) -> None:
        super().__init__(Value(before) if isinstance(before, int) else before, **extra)
