"""Changing many products together in the admin: a form, for prices a preview, then one service for all of them."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
)

from common.errors import DomainError
from products.models import Category, Product
from products.services import bulk
from products.services.bulk import PricePlan, Rounding
from products.services.stock import MOST_UNITS

ROWS_SHOWN = 50

Apply = Callable[[list[int], dict[str, Any]], int]
Preview = Callable[[list[int], dict[str, Any]], PricePlan]


class PercentForm(forms.Form):
    """By how much prices change, and to what they are rounded."""

    percent = forms.DecimalField(
        min_value=-99,
        max_value=1000,
        decimal_places=2,
        help_text="10 raises prices by a tenth, -10 lowers them.",
        widget=UnfoldAdminDecimalFieldWidget,
    )
    rounding = forms.TypedChoiceField(
        choices=Rounding.choices, coerce=Rounding, label="Round to", widget=UnfoldAdminSelectWidget
    )
    expected = forms.CharField(required=False, widget=forms.HiddenInput)


class CategoryChoiceForm(forms.Form):
    """Which category."""

    category = forms.ModelChoiceField(Category.objects.by_name(), widget=UnfoldAdminSelectWidget)


class ThresholdForm(forms.Form):
    """At which level staff are told."""

    threshold = forms.IntegerField(min_value=0, max_value=MOST_UNITS, widget=UnfoldAdminIntegerFieldWidget)


class BulkActions(ModelAdmin):
    """The actions of the list of products that ask before they change."""

    @admin.action(description="Change the prices of the selected products", permissions=["change"])
    def change_prices(self, request: HttpRequest, queryset: QuerySet[Product]) -> HttpResponse | None:
        def preview(ids: list[int], fields: dict[str, Any]) -> PricePlan:
            return bulk.plan_prices(product_ids=ids, percent=fields["percent"], rounding=fields["rounding"])

        def apply(ids: list[int], fields: dict[str, Any]) -> int:
            return bulk.change_prices(product_ids=ids, **fields)

        return self._ask(request, queryset, PercentForm, apply, preview)

    @admin.action(description="Add the selected products to a category", permissions=["change"])
    def add_to_category(self, request: HttpRequest, queryset: QuerySet[Product]) -> HttpResponse | None:
        return self._ask(
            request,
            queryset,
            CategoryChoiceForm,
            lambda ids, fields: bulk.add_to_category(product_ids=ids, category_id=fields["category"].id),
        )

    @admin.action(description="Remove the selected products from a category", permissions=["change"])
    def remove_from_category(self, request: HttpRequest, queryset: QuerySet[Product]) -> HttpResponse | None:
        return self._ask(
            request,
            queryset,
            CategoryChoiceForm,
            lambda ids, fields: bulk.remove_from_category(product_ids=ids, category_id=fields["category"].id),
        )

    @admin.action(description="Set the low stock level of the selected products", permissions=["change"])
    def set_threshold(self, request: HttpRequest, queryset: QuerySet[Product]) -> HttpResponse | None:
        return self._ask(
            request,
            queryset,
            ThresholdForm,
            lambda ids, fields: bulk.set_low_stock_threshold(product_ids=ids, threshold=fields["threshold"]),
        )

    def _ask(
        self,
        request: HttpRequest,
        queryset: QuerySet[Product],
        form_class: type[forms.Form],
        apply: Apply,
        preview: Preview | None = None,
    ) -> HttpResponse | None:
        """Show the form; once it is filled in, the preview if there is one; once that is confirmed, apply it."""
        ids = list(queryset.order_by().values_list("id", flat=True)[: bulk.MOST_PRODUCTS + 1])
        step = request.POST.get("step")
        form = form_class(request.POST if step else None)
        plan: PricePlan | None = None
        if step and form.is_valid():
            try:
                if preview is None or step == "apply":
                    self.message_user(request, f"{apply(ids, form.cleaned_data)} products were changed.")
                    return None
                plan = preview(ids, form.cleaned_data)
            except DomainError as error:
                messages.error(request, error.detail)
        return self._page(request, ids, form, plan)

    def _page(self, request: HttpRequest, ids: list[int], form: forms.Form, plan: PricePlan | None) -> TemplateResponse:
        action = request.POST["action"]
        changes = [each for each in plan.changes if each.now != each.then] if plan else []
        context = {
            **self.admin_site.each_context(request),
            "title": dict(self.get_action_choices(request))[action],
            "opts": self.model._meta,  # noqa: SLF001 - Django's public name for it
            "action": action,
            "form": form,
            "plan": plan,
            "changes": changes[:ROWS_SHOWN],
            "more_count": max(len(changes) - ROWS_SHOWN, 0),
            "change_count": len(changes),
            "product_count": len(ids),
            "checkbox": ACTION_CHECKBOX_NAME,
            "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
            "select_across": request.POST.get("select_across", "0"),
        }
        return TemplateResponse(request, "products/admin/bulk.html", context)
