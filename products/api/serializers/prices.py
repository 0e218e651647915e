"""Past prices, as staff see them."""

from rest_framework import serializers

from common.api.serializers import CurrencyField, MoneyField
from products.models import PastPrice


class PastPriceSerializer(serializers.ModelSerializer[PastPrice]):
    """A price from when to when; of a variation it is the adjustment that was added to the product's."""

    amount = MoneyField(read_only=True)
    currency = CurrencyField()

    class Meta:
        model = PastPrice
        fields = ("variation", "amount", "currency", "from_at", "to_at")
        read_only_fields = fields
