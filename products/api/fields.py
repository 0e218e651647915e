"""Query parameters of the catalogue, each strict: what cannot be understood is refused by name."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_slug

from products.models import Category

MOST_OPTIONS = 20


class StrictBooleanField(forms.Field):
    """`true` or `false` (or 1 and 0); Django's own takes anything else for unknown."""

    values: Mapping[str, bool] = {"true": True, "1": True, "false": False, "0": False}

    def to_python(self, value: Any) -> bool | None:
        if value in self.empty_values:
            return None
        try:
            return self.values[str(value).lower()]
        except KeyError as error:
            raise ValidationError("Either true or false.", code="invalid") from error


class CategoryBranchField(forms.CharField):
    """A category's slug, as the `Branch` of the category and all that is below it."""

    def clean(self, value: Any) -> Any:
        slug = super().clean(value)
        if not slug:
            return None
        validate_slug(slug)
        branch = Category.objects.branch(slug)
        if branch is None:
            raise ValidationError("There is no such category.", code="does_not_exist")
        return branch


class OptionsField(forms.Field):
    """Repeated `Name:Value` pairs, as the values wanted of each option."""

    widget = forms.MultipleHiddenInput

    def to_python(self, value: Any) -> dict[str, list[str]]:
        options: dict[str, list[str]] = {}
        for pair in self._checked(value or []):
            name, _, wanted = pair.partition(":")
            options.setdefault(name.strip(), []).append(wanted.strip())
        return options

    def _checked(self, pairs: Sequence[str]) -> Sequence[str]:
        if len(pairs) > MOST_OPTIONS:
            raise ValidationError(f"At most {MOST_OPTIONS} options.", code="too_many")
        for pair in pairs:
            name, colon, wanted = pair.partition(":")
            if not (colon and name.strip() and wanted.strip()) or len(pair) > 201 or "\x00" in pair:
                raise ValidationError("A name and a value as in Size:Medium.", code="invalid")
        return pairs
