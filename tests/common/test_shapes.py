"""Serializers that are kept say what new ones would, and keep nothing of one call for the next."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from common.api.serializers import MoneyField, StrictSerializer
from common.api.shapes import represent, validate


class InnerShape(StrictSerializer):
    name = serializers.CharField(max_length=5)


class Shape(StrictSerializer):
    price = MoneyField()
    parts = InnerShape(many=True, required=False)
    count = serializers.IntegerField(default=3)
    who = serializers.SerializerMethodField()

    def get_who(self, _: Any) -> Any:
        return self.context.get("who")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["count"] == 13:
            raise ValidationError("Not thirteen.")
        return attrs


GOOD = {"price": "1.50", "parts": [{"name": "a"}, {"name": "b"}]}
BAD: list[Any] = [
    None,
    [],
    "text",
    {},
    {"price": "x"},
    {"price": "1.00", "unknown": 1},
    {"price": "1.00", "who": "me"},
    {"price": "1.00", "parts": [{"name": "a"}, {"name": "too long"}]},
    {"price": "1.00", "count": 13},
]


def test_what_is_valid_is_what_a_new_serializer_makes_of_it() -> None:
    fresh = Shape(data=GOOD)
    fresh.is_valid(raise_exception=True)

    assert validate(Shape, GOOD) == validate(Shape, GOOD) == fresh.validated_data


@pytest.mark.parametrize("data", BAD)
def test_what_is_wrong_is_said_as_by_a_new_serializer(data: Any) -> None:
    with pytest.raises(ValidationError) as fresh:
        Shape(data=data).is_valid(raise_exception=True)
    with pytest.raises(ValidationError) as kept:
        validate(Shape, data)

    assert kept.value.get_full_details() == fresh.value.get_full_details()
    assert validate(Shape, GOOD)["count"] == 3


def test_the_context_is_that_of_the_call() -> None:
    shown = {"price": "2", "parts": [], "count": 1}

    bodies = [represent(Shape, shown, who=who) for who in ("a", "b")] + [represent(Shape, shown)]

    assert [body["who"] for body in bodies] == ["a", "b", None]
    assert bodies[0] == {**Shape(shown, context={"who": "a"}).data}


def test_threads_do_not_share() -> None:
    shown = {"price": "2", "parts": [], "count": 1}

    with ThreadPoolExecutor(4) as pool:
        bodies = list(pool.map(lambda who: represent(Shape, shown, who=who), range(400)))

    assert [body["who"] for body in bodies] == list(range(400))
