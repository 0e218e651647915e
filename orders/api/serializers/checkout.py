"""Quotes and checkout in JSON."""

from typing import Any

from rest_framework import serializers

from common.api.serializers import CurrencyField, EmailAddressField, MoneyField, StrictSerializer
from orders.api.serializers.addresses import AddressChoiceField, PlaceSerializer
from orders.api.serializers.carts import BIGGEST_ID, SUM_DIGITS, ProblemSerializer
from orders.services.checkout import Quote

MAX_NOTES_LENGTH = 2000


class AskQuoteSerializer(StrictSerializer):
    """Where to, and with which method if it is chosen."""

    shipping_address = AddressChoiceField(given_as=PlaceSerializer)
    shipping_method = serializers.IntegerField(min_value=1, max_value=BIGGEST_ID, required=False, allow_null=True)


class PlaceOrderSerializer(StrictSerializer):
    """What checkout asks; guests give `email`."""

    shipping_address = AddressChoiceField()
    billing_address = AddressChoiceField(required=False, allow_null=True, default=None)
    shipping_method = serializers.IntegerField(min_value=1, max_value=BIGGEST_ID)
    email = EmailAddressField(required=False, default="")
    notes = serializers.CharField(max_length=MAX_NOTES_LENGTH, required=False, allow_blank=True, default="")
    expected_total = MoneyField(required=False, allow_null=True, default=None)


class OptionSerializer(serializers.Serializer[Any]):
    """A shipping method with its price for this order."""

    id = serializers.IntegerField(source="method.id")
    name = serializers.CharField(source="method.name")
    price = MoneyField(read_only=True)
    delivery_time = serializers.CharField(source="method.delivery_time")


class TaxLineSerializer(serializers.Serializer[Any]):
    """The tax of one rate; `rate` in per cent, `included` where prices contain it."""

    name = serializers.CharField()
    rate = serializers.CharField()
    amount = serializers.CharField()
    included = serializers.BooleanField()


class QuoteSerializer(serializers.Serializer[Quote]):
    """What an order would cost; `shipping_cost`, `tax` and `total` are null until a method is chosen."""

    shipping_methods = OptionSerializer(many=True)
    subtotal = MoneyField(read_only=True, max_digits=SUM_DIGITS, source="pricing.subtotal")
    discount = MoneyField(read_only=True, max_digits=SUM_DIGITS, source="pricing.discount")
    shipping_cost = MoneyField(read_only=True, allow_null=True, source="pricing.shipping_cost")
    tax = MoneyField(read_only=True, allow_null=True, max_digits=SUM_DIGITS, source="pricing.tax")
    total = MoneyField(read_only=True, allow_null=True, max_digits=SUM_DIGITS, source="pricing.total")
    tax_lines = TaxLineSerializer(many=True, source="pricing.tax_lines")
    currency = CurrencyField()
    problems = ProblemSerializer(many=True)
