"""Who still calls what of the API is deprecated, to look at."""

from django.contrib import admin
from unfold.decorators import display

from common.admin_bases import ReadOnlyAdmin
from common.models import DeprecatedCall


@admin.register(DeprecatedCall)
class DeprecatedCallAdmin(ReadOnlyAdmin):
    """One line for each part and caller."""

    list_display = ("part", "caller", "calls", "first_called_at", "last_called_at")
    list_filter = ("part",)
    list_select_related = ("user",)
    search_fields = ("part", "client", "user__email")
    ordering = ("part", "-calls", "pk")

    @display(description="Caller")
    def caller(self, call: DeprecatedCall) -> str:
        return str(call.user) if call.user else f"guests by {call.client}"
