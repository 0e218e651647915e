"""What clients get, for the OpenAPI document; `payments.bodies` makes these bodies (a test compares the two)."""

from typing import Any

from rest_framework import serializers

from common.api.serializers import CurrencyField, MoneyField
from payments.models import Payment, Refund


class PaymentMethodSerializer(serializers.Serializer[Any]):
    """One way to pay."""

    payment_method = serializers.CharField(source="name", help_text="What POST orders/{n}/payments/ takes.")
    name = serializers.CharField(source="label")
    description = serializers.CharField()


class PaymentMethodsSerializer(serializers.Serializer[Any]):
    """The ways to pay, in the shop's order."""

    results = PaymentMethodSerializer(many=True)


class PaymentSerializer(serializers.ModelSerializer[Payment]):
    """An attempt to pay an order."""

    order_number = serializers.CharField()
    amount = MoneyField()
    currency = CurrencyField()
    refunded_amount = MoneyField()
    client_action = serializers.DictField(allow_null=True, help_text="What the client has to do next.")

    class Meta:
        model = Payment
        fields = [
            "id",
            "order_number",
            "amount",
            "currency",
            "status",
            "payment_method",
            "transaction_id",
            "client_action",
            "is_surplus",
            "refunded_amount",
            "created_at",
        ]
        read_only_fields = fields


class RefundedLineSerializer(serializers.Serializer[Any]):
    """What a refund gives back of one order line, added tax included."""

    order_item = serializers.IntegerField()
    quantity = serializers.IntegerField(help_text="0 where an amount was refunded.")
    amount = MoneyField()
    tax_amount = MoneyField(help_text="The tax within the amount.")


class RefundBodySerializer(serializers.ModelSerializer[Refund]):
    """A refund as it was made."""

    order_number = serializers.CharField()
    amount = MoneyField()
    currency = CurrencyField()
    shipping_amount = MoneyField(help_text="The part of the amount that is shipping.")
    items = RefundedLineSerializer(many=True)

    class Meta:
        model = Refund
        fields = [
            "id",
            "payment",
            "order_number",
            "amount",
            "currency",
            "status",
            "reason",
            "restock",
            "shipping_amount",
            "items",
            "refund_transaction_id",
            "created_at",
        ]
        read_only_fields = fields


class RefundPreviewSerializer(serializers.Serializer[Any]):
    """What may be refunded in all, and how the asked refund would be spread."""

    payment = serializers.IntegerField()
    currency = CurrencyField()
    refundable_amount = MoneyField(help_text="What is left of the payment.")
    amount = MoneyField(help_text="What this refund would give back.")
    shipping_amount = MoneyField()
    items = RefundedLineSerializer(many=True)


class WebhookReceivedSerializer(serializers.Serializer[Any]):
    """The event is stored."""

    received = serializers.BooleanField()
