"""Pictures that imports named by address, in the admin: what became of each, and another try for those given up."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from common.admin_bases import ReadOnlyAdmin
from products.models import PictureFile, WantedPicture
from products.services import remote_pictures

STATE_COLOURS = {"waiting": "info", "done": "success", "ready": "success", "failed": "danger"}


@admin.register(WantedPicture)
class WantedPictureAdmin(ReadOnlyAdmin):
    """Written by imports and worked off by the worker, never edited."""

    list_display = ("product", "url", "shown_state", "error", "attempts", "next_attempt_at", "fetched_at")
    list_display_links = ("url",)
    list_filter = ("state",)
    list_select_related = ("product",)
    search_fields = ("=product__sku", "product__name", "url")
    ordering = ("-id",)
    show_full_result_count = False
    actions = ("try_again",)

    @display(description="State", ordering="state", label=STATE_COLOURS)
    def shown_state(self, wanted: WantedPicture) -> tuple[str, str]:
        return wanted.state, wanted.get_state_display()

    def has_try_again_permission(self, request: HttpRequest) -> bool:
        """Whether the user may have addresses tried again."""
        return request.user.has_perm("products.change_wantedpicture")

    @admin.action(description="Try the given up ones of these again", permissions=["try_again"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[WantedPicture]) -> None:
        count = remote_pictures.try_again(ids=list(queryset.values_list("id", flat=True)))
        messages.success(request, f"{count} will be tried again.")


@admin.register(PictureFile)
class PictureFileAdmin(ReadOnlyAdmin):
    """What is known of each file, and why its renditions could not be made."""

    list_display = ("name", "shown_state", "width", "height", "error", "attempts", "wanted_at")
    list_filter = ("state",)
    search_fields = ("=name",)
    ordering = ("-id",)
    show_full_result_count = False

    @display(description="State", ordering="state", label=STATE_COLOURS)
    def shown_state(self, file: PictureFile) -> tuple[str, str]:
        return file.state, file.get_state_display()
