"""Invoices and credit notes in JSON."""

from rest_framework import serializers

from common.api.serializers import MoneyField
from orders.api.serializers.checkout import TaxLineSerializer
from orders.models import Invoice


class SellerSerializer(serializers.Serializer[dict[str, object]]):
    """The seller as it was when the invoice was issued."""

    name = serializers.CharField()
    address = serializers.ListField(child=serializers.CharField())
    tax_id = serializers.CharField(allow_blank=True)
    email = serializers.CharField(allow_blank=True)


class InvoiceLineSerializer(serializers.Serializer[dict[str, object]]):
    """A line; in a credit note without a price, and with quantity 0 where an amount was given back."""

    name = serializers.CharField()
    variation_name = serializers.CharField(allow_blank=True)
    sku = serializers.CharField()
    quantity = serializers.IntegerField()
    price = MoneyField(allow_null=True)
    total_price = MoneyField()
    tax_rate = serializers.CharField()
    tax = MoneyField()


class InvoiceSummarySerializer(serializers.ModelSerializer[Invoice]):
    """An invoice in the list of its order."""

    total = MoneyField(read_only=True)

    class Meta:
        model = Invoice
        fields = ["number", "kind", "issued_at", "total", "currency"]
        read_only_fields = fields


class InvoiceListSerializer(serializers.Serializer[dict[str, object]]):
    """All invoices and credit notes of an order, in the order of their issue."""

    results = InvoiceSummarySerializer(many=True)


class InvoiceSerializer(serializers.ModelSerializer[Invoice]):
    """An invoice or a credit note, as it was issued; `corrects` is the number of a credit note's invoice."""

    order_number = serializers.CharField(source="order.order_number", read_only=True)
    corrects = serializers.CharField(source="corrects.number", default=None, read_only=True, allow_null=True)
    seller = SellerSerializer(read_only=True)
    buyer = serializers.DictField(child=serializers.CharField(), read_only=True)
    lines = InvoiceLineSerializer(many=True, read_only=True)
    tax_lines = TaxLineSerializer(many=True, read_only=True)

    class Meta:
        model = Invoice
        fields = [
            "number",
            "kind",
            "order_number",
            "corrects",
            "issued_at",
            "seller",
            "buyer",
            "lines",
            "tax_lines",
            "reason",
            "subtotal",
            "discount",
            "shipping_cost",
            "tax",
            "tax_included",
            "total",
            "currency",
        ]
        read_only_fields = fields
