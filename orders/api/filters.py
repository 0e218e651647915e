"""Filters of the list of orders."""

from django_filters import rest_framework as filters

from common.api.filters import MomentFilter
from orders.models import Order
from orders.querysets.orders import OrderQuerySet

MAX_QUERY_LENGTH = 100


class OrderFilter(filters.FilterSet):
    """By status, day, country, e-mail, and free text over number, e-mail, tracking number and SKU."""

    status = filters.MultipleChoiceFilter(choices=Order.Status.choices)
    created_after = MomentFilter(field_name="created_at", lookup_expr="gte")
    created_before = MomentFilter(field_name="created_at", lookup_expr="lt")
    country = filters.CharFilter(field_name="shipping_country", method="sent_to", max_length=2, min_length=2)
    email = filters.CharFilter(lookup_expr="iexact", max_length=254)
    q = filters.CharFilter(method="search", max_length=MAX_QUERY_LENGTH)

    class Meta:
        model = Order
        fields: list[str] = []

    def sent_to(self, orders: OrderQuerySet, name: str, code: str) -> OrderQuerySet:
        """Orders sent to the country (ISO 3166-1 alpha-2, in either case)."""
        return orders.filter(shipping_country=code.upper())

    def search(self, orders: OrderQuerySet, name: str, text: str) -> OrderQuerySet:
        """Orders that match the text."""
        return orders.matching(text)
