"""The JSON of views and reports."""

from typing import Any

from rest_framework import serializers

from analytics.api.fields import ProductReferenceField, SumField
from common.api.serializers import CurrencyField, StrictSerializer

REFERRER_MAX_LENGTH = 2_000


class RecordViewSerializer(StrictSerializer):
    """A view as the storefront tells it; a referrer is kept to 255 characters."""

    product = ProductReferenceField()
    referrer = serializers.CharField(required=False, allow_blank=True, allow_null=True, max_length=REFERRER_MAX_LENGTH)


class FiguresSerializer(serializers.Serializer[Any]):
    """A range in figures; `conversion` is orders per visitor, null where no view was recorded."""

    date_from = serializers.DateField()
    date_to = serializers.DateField()
    revenue = SumField()
    cost = SumField()
    profit = SumField()
    orders = serializers.IntegerField()
    items = serializers.IntegerField()
    average_order = SumField()
    visitors = serializers.IntegerField()
    conversion = serializers.FloatField(allow_null=True)
    currency = CurrencyField()


class SummarySerializer(serializers.Serializer[Any]):
    """A range beside the range of the same length before it."""

    current = FiguresSerializer()
    previous = FiguresSerializer()


class SalesRowSerializer(serializers.Serializer[Any]):
    """One period, named by its first day."""

    date = serializers.DateField()
    orders = serializers.IntegerField()
    items = serializers.IntegerField()
    revenue = SumField()
    cost = SumField()
    profit = SumField()


class SalesReportSerializer(serializers.Serializer[Any]):
    """Every period of the range in order, also those without sales."""

    date_from = serializers.DateField()
    date_to = serializers.DateField()
    group_by = serializers.CharField()
    product = serializers.SlugField(allow_null=True)
    category = serializers.SlugField(allow_null=True)
    currency = CurrencyField()
    results = SalesRowSerializer(many=True)


class _CategorySubjectSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField(source="subject_id")
    slug = serializers.SlugField(source="subject_slug")
    name = serializers.CharField(source="subject_name")


class _ProductSubjectSerializer(_CategorySubjectSerializer):
    sku = serializers.CharField(source="subject_sku")


class _RankedSerializer(serializers.Serializer[Any]):
    orders = serializers.IntegerField()
    items = serializers.IntegerField()
    revenue = SumField(source="revenue_sum")
    cost = SumField(source="cost_sum")
    profit = SumField(source="profit_sum")
    currency = CurrencyField()


class TopProductSerializer(_RankedSerializer):
    """A product's sales in the range."""

    product = _ProductSubjectSerializer(source="*")


class TopCategorySerializer(_RankedSerializer):
    """A category's sales in the range; a product counts in each of its categories."""

    category = _CategorySubjectSerializer(source="*")


class ViewedProductSerializer(serializers.Serializer[Any]):
    """How often a product was looked at, by how many, and how many orders of it there were."""

    product = _ProductSubjectSerializer(source="*")
    views = serializers.IntegerField()
    visitors = serializers.IntegerField()
    orders = serializers.IntegerField()
    conversion = serializers.FloatField(allow_null=True)
