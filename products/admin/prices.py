"""The ledger of prices in the admin, to look at."""

from django.contrib import admin
from unfold.decorators import display

from common.admin_bases import ReadOnlyAdmin
from products.models import PastPrice


@admin.register(PastPrice)
class PastPriceAdmin(ReadOnlyAdmin):
    """What cost how much, from when to when; only triggers write it."""

    list_display = ("to_at", "product", "variation", "shown_kind", "amount", "from_at")
    list_filter = (("variation", admin.EmptyFieldListFilter),)
    list_select_related = ("product", "variation")
    search_fields = ("product__name", "product__sku", "variation__sku")
    date_hierarchy = "to_at"
    ordering = ("-to_at", "-id")
    show_full_result_count = False

    @display(description="What")
    def shown_kind(self, past: PastPrice) -> str:
        return "Price adjustment" if past.variation_id else "Price"
