"""The query parameters of reports: checked, and with the usual range where none is given."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from analytics import days
from analytics.models import SalesSlice
from analytics.reports import carts
from analytics.reports.ranges import LONGEST_RANGE_DAYS, DateRange, usual_range
from analytics.reports.rankings import Measure
from analytics.reports.sales import Period, Subject
from analytics.reports.tables import Asked
from common.api.serializers import CountryField
from orders.models import Coupon
from products.models import Category, Product

SUBJECTS = ("product", "category", "coupon", "country")


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

    @property
    def asked(self) -> Asked:
        """What a valid query asks a list for beside its range."""
        given = self.validated_data
        return Asked(
            by=Measure(given.get("by", Measure.REVENUE.value)),
            idle_hours=given.get("idle_hours", carts.USUAL_IDLE_HOURS),
        )


class RankingQuery(RangeQuery):
    """A range and what to rank by."""

    by = serializers.ChoiceField([measure.value for measure in Measure], default=Measure.REVENUE.value)


class PeriodQuery(RangeQuery):
    """A range and the length of a period."""

    group_by = serializers.ChoiceField([period.value for period in Period], default=Period.DAY.value)

    @property
    def period(self) -> Period:
        """The period that a valid query asks for."""
        return Period(self.validated_data["group_by"])


class SalesQuery(PeriodQuery):
    """What to look at, one of a product or category (by slug), a coupon (by code) and a country; without: everything.

    `compare=previous` adds the range of the same length before.
    """

    product: Any = serializers.SlugRelatedField(slug_field="slug", queryset=Product.objects.all(), required=False)
    category: Any = serializers.SlugRelatedField(slug_field="slug", queryset=Category.objects.all(), required=False)
    coupon = serializers.CharField(required=False, max_length=40)
    country = CountryField(required=False)
    compare = serializers.ChoiceField(["previous"], required=False)

    def validate_coupon(self, code: str) -> str:
        """In capitals, as sales are kept by; a code of no coupon and no order is a slip of the pen."""
        known = SalesSlice.objects.filter(kind=SalesSlice.Kind.COUPON, value=code.upper())
        if not (known.exists() or Coupon.objects.filter(code__iexact=code).exists()):
            raise ValidationError("There is no such coupon.", code="does_not_exist")
        return code.upper()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        given = [name for name in SUBJECTS if name in attrs]
        if len(given) > 1:
            self._refuse(given[-1], f"Give one of {', '.join(SUBJECTS)}.", "invalid")
        return super().validate(attrs)

    @property
    def subject(self) -> Subject:
        """What a valid query looks at."""
        return Subject(**{name: self.validated_data.get(name) for name in SUBJECTS})


class CartsQuery(RangeQuery):
    """A range, and for how many hours a cart was not touched."""

    idle_hours = serializers.IntegerField(default=carts.USUAL_IDLE_HOURS, min_value=1, max_value=carts.MOST_IDLE_HOURS)
