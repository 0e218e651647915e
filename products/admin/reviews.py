"""Reviews in the admin: read and judged, not written."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.decorators import display

from products.models import ProductReview
from products.services import reviews

STARS = 5


class ModerationFilter(admin.SimpleListFilter):
    """By where moderation stands."""

    title = "moderation"
    parameter_name = "moderation"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("waiting", "Waiting"), ("approved", "Approved"), ("rejected", "Rejected")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        narrowed = {"waiting": queryset.waiting, "approved": queryset.approved, "rejected": queryset.rejected}
        return narrowed.get(self.value() or "", queryset.all)()


@admin.register(ProductReview)
class ProductReviewAdmin(ModelAdmin):
    """Reviews; approving and rejecting are actions."""

    list_display = ("product", "shown_rating", "title", "user", "shown_status", "is_verified_purchase", "created_at")
    list_filter = (ModerationFilter, "rating", "is_verified_purchase")
    list_select_related = ("product", "user")
    search_fields = ("product__name", "product__sku", "user__email", "title", "comment")
    date_hierarchy = "created_at"
    ordering = ("-id",)
    actions = ("approve", "reject")
    fields = (
        *("product", "user", "shown_rating", "title", "comment", "shown_status", "is_verified_purchase"),
        *("created_at", "moderated_at"),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request)

    @display(description="Rating", ordering="rating")
    def shown_rating(self, review: ProductReview) -> str:
        return "★" * review.rating + "☆" * (STARS - review.rating)

    @display(description="Status", label={"Waiting": "warning", "Approved": "success", "Rejected": "danger"})
    def shown_status(self, review: ProductReview) -> str:
        if review.is_approved:
            return "Approved"
        return "Rejected" if review.moderated_at else "Waiting"

    @admin.action(description="Approve the selected reviews", permissions=["change"])
    def approve(self, request: HttpRequest, queryset: QuerySet[ProductReview]) -> None:
        for review in queryset:
            reviews.approve_review(review_id=review.pk)
        self.message_user(request, f"{len(queryset)} reviews are shown now.")

    @admin.action(description="Reject the selected reviews", permissions=["change"])
    def reject(self, request: HttpRequest, queryset: QuerySet[ProductReview]) -> None:
        for review in queryset:
            reviews.reject_review(review_id=review.pk)
        self.message_user(request, f"{len(queryset)} reviews are hidden now.")
