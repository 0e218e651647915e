"""The query parameters of reports: checked, and with the usual range where none is given."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from analytics import days
from analytics.reports.ranges import LONGEST_RANGE_DAYS, DateRange, usual_range
from analytics.reports.rankings import Measure
from analytics.reports.sales import Period
from products.models import Category, Product


def _known_date(value: Any) -> None:
    if not days.EARLIEST <= value <= days.LATEST:
        raise ValidationError(f"A date from {days.EARLIEST} to {days.LATEST}.", code="out_of_range")


class RangeQuery(serializers.Serializer[Any]):
    """`date_from` and `date_to`, both included; 30 days up to today where they are left out."""

    date_from = serializers.DateField(required=False, validators=[_known_date])
    date_to = serializers.DateField(required=False, validators=[_known_date])

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        range_ = usual_range(first=attrs.get("date_from"), last=attrs.get("date_to"))
        if range_.day_count < 1:
            self._refuse("date_to", "It lies before date_from.", "invalid_range")
        if range_.day_count > LONGEST_RANGE_DAYS:
            self._refuse("date_from", f"A report covers at most {LONGEST_RANGE_DAYS} days.", "range_too_long")
        return {**attrs, "range": range_}

    @staticmethod
    def _refuse(field: str, detail: str, code: str) -> None:
        raise ValidationError({field: [ErrorDetail(detail, code=code)]})

    @property
    def range(self) -> DateRange:
        """The range that a valid query asks for."""
        range_: DateRange = self.validated_data["range"]
        return range_


class RankingQuery(RangeQuery):
    """A range and what to rank by."""

    by = serializers.ChoiceField([measure.value for measure in Measure], default=Measure.REVENUE.value)


class SalesQuery(RangeQuery):
    """A range, the length of a period, and one product or one category to look at, by slug."""

    group_by = serializers.ChoiceField([period.value for period in Period], default=Period.DAY.value)
    product: Any = serializers.SlugRelatedField(slug_field="slug", queryset=Product.objects.all(), required=False)
    category: Any = serializers.SlugRelatedField(slug_field="slug", queryset=Category.objects.all(), required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "product" in attrs and "category" in attrs:
            self._refuse("category", "Give a product or a category, not both.", "invalid")
        return super().validate(attrs)
