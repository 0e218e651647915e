"""The ledger of stock in the admin, to look at."""

from django.contrib import admin
from unfold.decorators import display

from common.admin_bases import ReadOnlyAdmin
from products.models import StockMovement


@admin.register(StockMovement)
class StockMovementAdmin(ReadOnlyAdmin):
    """What moved, when, why, for which order and by whom; only services write it."""

    list_display = (
        "created_at",
        "product",
        "variation",
        "shown_delta",
        "shown_reason",
        "order_number",
        "note",
        "actor",
    )
    list_filter = ("reason",)
    list_select_related = ("product", "variation", "actor")
    search_fields = ("product__name", "product__sku", "variation__sku", "order_number", "note")
    date_hierarchy = "created_at"
    ordering = ("-id",)
    show_full_result_count = False

    @display(description="Units", ordering="delta")
    def shown_delta(self, movement: StockMovement) -> str:
        return f"{movement.delta:+d}"

    @display(
        description="Reason",
        label={"opening": "info", "sale": "success", "adjustment": "warning", "cancellation": "danger"},
        ordering="reason",
    )
    def shown_reason(self, movement: StockMovement) -> tuple[str, str]:
        return movement.reason, movement.get_reason_display()
