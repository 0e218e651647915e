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
    """One period, named by its first day; `average_order` is revenue per order, 0.00 without orders."""

    date = serializers.DateField()
    orders = serializers.IntegerField()
    items = serializers.IntegerField()
    revenue = SumField()
    cost = SumField()
    profit = SumField()
    average_order = SumField()


class PreviousSalesSerializer(serializers.Serializer[Any]):
    """The range of the same length before, by the same periods."""

    date_from = serializers.DateField()
    date_to = serializers.DateField()
    results = SalesRowSerializer(many=True)


class SalesReportSerializer(serializers.Serializer[Any]):
    """Every period of the range in order, also those without sales; `previous` where it is asked for."""

    date_from = serializers.DateField()
    date_to = serializers.DateField()
    group_by = serializers.CharField()
    product = serializers.SlugField(allow_null=True)
    category = serializers.SlugField(allow_null=True)
    coupon = serializers.CharField(required=False)
    country = serializers.CharField(required=False)
    currency = CurrencyField()
    results = SalesRowSerializer(many=True)
    previous = PreviousSalesSerializer(required=False)


class CustomersRowSerializer(serializers.Serializer[Any]):
    """One period, named by its first day; `returning_share` of the orders is null where there was none."""

    date = serializers.DateField()
    new_orders = serializers.IntegerField()
    returning_orders = serializers.IntegerField()
    new_revenue = SumField()
    returning_revenue = SumField()
    returning_share = serializers.FloatField(allow_null=True)


class CustomersReportSerializer(serializers.Serializer[Any]):
    """Every period of the range in order; a customer is new with the first order that they paid."""

    date_from = serializers.DateField()
    date_to = serializers.DateField()
    group_by = serializers.CharField()
    currency = CurrencyField()
    results = CustomersRowSerializer(many=True)


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


class _SliceSerializer(_RankedSerializer):
    discount = SumField(source="discount_sum")
    average_order = SumField()


class TopCouponSerializer(_SliceSerializer):
    """Sales of the orders with a coupon, by its code in capitals; null is those without one."""

    coupon = serializers.CharField(source="value", allow_null=True)


class TopCountrySerializer(_SliceSerializer):
    """Sales of the orders that were sent to a country; null where the address names none."""

    country = serializers.CharField(source="value", allow_null=True)


class AbandonedCartSerializer(serializers.Serializer[Any]):
    """A cart that was left; `items` are units, `value` is at today's prices without discount."""

    id = serializers.IntegerField()
    customer = serializers.ChoiceField(["account", "guest"])
    items = serializers.IntegerField(source="units")
    value = SumField()
    currency = CurrencyField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class CartTotalsSerializer(serializers.Serializer[Any]):
    """All carts of the range together."""

    carts = serializers.IntegerField()
    value = SumField()
    currency = CurrencyField()


class StockCoverSerializer(serializers.Serializer[Any]):
    """How long a product's stock lasts at the rate of the range; `days_left` is null where nothing was sold."""

    product = _ProductSubjectSerializer(source="*")
    stock = serializers.IntegerField()
    low_stock_threshold = serializers.IntegerField()
    items = serializers.IntegerField()
    per_day = serializers.FloatField()
    days_left = serializers.IntegerField(allow_null=True)


class DeadStockSerializer(serializers.Serializer[Any]):
    """What lies in stock unsold, at today's price and at cost (null: unknown); `last_sold_on` before the range."""

    product = _ProductSubjectSerializer(source="*")
    stock = serializers.IntegerField()
    value = SumField()
    cost = SumField(allow_null=True)
    currency = CurrencyField()
    is_active = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    last_sold_on = serializers.DateField(allow_null=True)
