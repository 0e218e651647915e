"""Coupons in the admin, and the uses that orders made of them."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.decorators import display

from common.admin_bases import ReadOnlyAdmin, ServiceAdmin
from orders.models import Coupon, CouponUse
from orders.services import coupon_terms
from orders.services.coupons import normalise_code


class CouponForm(forms.ModelForm[Coupon]):
    """A coupon as staff write it; what has been used already bounds its limit."""

    class Meta:
        model = Coupon
        fields = (
            "code",
            "kind",
            "value",
            "minimum_subtotal",
            "starts_at",
            "ends_at",
            "max_uses",
            "max_uses_per_customer",
            "is_active",
        )

    def clean_code(self) -> str:
        return normalise_code(self.cleaned_data["code"])

    def clean_max_uses(self) -> int | None:
        limit: int | None = self.cleaned_data["max_uses"]
        if limit is not None and limit < self.instance.use_count:
            raise ValidationError(f"It has been used {self.instance.use_count} times already.", code="below_use_count")
        return limit


@admin.register(Coupon)
class CouponAdmin(ServiceAdmin):
    """Coupons; how often one was used is counted by orders alone."""

    form = CouponForm
    list_display = ("code", "shown_value", "minimum_subtotal", "starts_at", "ends_at", "shown_uses", "shown_status")
    list_filter = ("kind", "is_active", ("ends_at", RangeDateTimeFilter))
    list_filter_submit = True
    search_fields = ("code",)
    ordering = ("-id",)
    readonly_fields = ("shown_uses", "created_at")
    fieldsets: ClassVar = (
        (None, {"fields": ("code", ("kind", "value"), "is_active")}),
        ("When", {"fields": ("starts_at", "ends_at", "minimum_subtotal")}),
        ("How often", {"fields": (("max_uses", "max_uses_per_customer"), "shown_uses", "created_at")}),
    )

    def save_model(self, request: HttpRequest, obj: Coupon, form: Any, change: bool) -> None:
        """Write the terms alone, under the coupon's lock: uses are counted meanwhile."""
        terms = {name: form.cleaned_data[name] for name in form.changed_data}
        saved = coupon_terms.change_coupon(coupon_id=obj.pk, **terms) if change else coupon_terms.create_coupon(**terms)
        obj.pk, obj._state.adding = saved.pk, False  # noqa: SLF001 - what Model.save would have done

    @display(description="Discount", ordering="value")
    def shown_value(self, coupon: Coupon) -> str:
        if coupon.kind == Coupon.Kind.PERCENT:
            return f"{coupon.value.normalize():f} %"
        return "Free shipping" if coupon.kind == Coupon.Kind.FREE_SHIPPING else str(coupon.value)

    @display(description="Uses in force", ordering="use_count")
    def shown_uses(self, coupon: Coupon) -> SafeString | str:
        if coupon._state.adding:  # noqa: SLF001 - Django's own name for "not saved yet"
            return "-"
        limit = "" if coupon.max_uses is None else f" of {coupon.max_uses}"
        address = reverse("admin:orders_couponuse_changelist")
        return format_html('<a href="{}?coupon__id__exact={}">{}{}</a>', address, coupon.pk, coupon.use_count, limit)

    @display(
        description="Status",
        label={"Active": "success", "Scheduled": "info", "Used up": "warning", "Expired": "danger", "Off": "danger"},
    )
    def shown_status(self, coupon: Coupon) -> str:
        now = timezone.now()
        if not coupon.is_active:
            return "Off"
        if coupon.ends_at and coupon.ends_at <= now:
            return "Expired"
        if coupon.max_uses is not None and coupon.use_count >= coupon.max_uses:
            return "Used up"
        return "Scheduled" if coupon.starts_at and coupon.starts_at > now else "Active"


@admin.register(CouponUse)
class CouponUseAdmin(ReadOnlyAdmin):
    """Uses, which checkout and cancelling write; staff look at them."""

    list_display = ("coupon", "order", "customer", "created_at", "shown_status")
    list_filter = ("coupon", ("released_at", admin.EmptyFieldListFilter))
    list_select_related = ("coupon", "order")
    search_fields = ("coupon__code", "order__order_number", "customer")
    ordering = ("-id",)

    @display(description="Status", label={"In force": "success", "Given back": "warning"})
    def shown_status(self, use: CouponUse) -> str:
        return "Given back" if use.released_at else "In force"
