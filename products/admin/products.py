"""Products in the admin: found by name, SKU and category, saved by the services, stock booked and never edited."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RangeNumericFilter
from unfold.decorators import action, display

from common.admin_bases import AuditedAdmin, ServiceAdmin, go_to
from common.errors import DomainError
from products.admin.base import staff_of
from products.admin.bulk import BulkActions
from products.admin.forms import AdjustStockForm, ProductForm
from products.admin.parts import ImageInline, MembershipInline, VariationInline, keep_uploads, save_parts
from products.models import FormerSlug, Product
from products.services import offering, products, stock
from products.services.stock import StockKey


class LevelFilter(admin.SimpleListFilter):
    """By how much is left."""

    title = "stock"
    parameter_name = "level"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("out", "Out of stock"), ("low", "Low"), ("enough", "Enough")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> QuerySet[Product]:
        return {
            "out": queryset.filter(stock_quantity=0),
            "low": queryset.filter(stock_quantity__gt=0, stock_quantity__lte=F("low_stock_threshold")),
            "enough": queryset.filter(stock_quantity__gt=F("low_stock_threshold")),
        }.get(self.value() or "", queryset)


@admin.register(Product)
class ProductAdmin(BulkActions, ServiceAdmin, AuditedAdmin):
    """Products; one is taken off the shop, never deleted."""

    form = ProductForm
    list_display = (
        "shown_name",
        "price",
        "shown_stock",
        "shown_categories",
        "shown_rating",
        "shown_status",
        "updated_at",
    )
    list_filter = (
        "is_active",
        "is_discontinued",
        ("publish_at", admin.EmptyFieldListFilter),
        LevelFilter,
        ("categories", AutocompleteSelectFilter),
        ("price", RangeNumericFilter),
    )
    list_filter_submit = True
    list_select_related = ("listing",)
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("name", "sku", "variations__sku", "=barcode", "=variations__barcode")
    ordering = ("-id",)
    prepopulated_fields: ClassVar = {"slug": ("name",)}
    readonly_fields = ("stock_quantity", "shown_lowest_price", "shown_rating", "created_at", "updated_at")
    inlines = (MembershipInline, VariationInline, ImageInline)
    actions = (
        *("activate", "deactivate", "change_prices", "add_to_category", "remove_from_category", "set_threshold"),
    )
    actions_detail = ("adjust_stock", "read_audit")
    fieldsets = (
        (None, {"fields": ("name", "slug", "description")}),
        ("Offer", {"fields": (("is_active", "is_discontinued"), "publish_at", "unpublish_at")}),
        ("Price", {"fields": (("price", "compare_price", "cost_price"), "shown_lowest_price", "tax_class")}),
        ("Stock", {"fields": (("sku", "barcode", "weight"), ("stock_quantity", "low_stock_threshold"))}),
        ("History", {"fields": ("shown_rating", "created_at", "updated_at"), "classes": ("collapse",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        if request.resolver_match and request.resolver_match.url_name == "products_product_changelist":
            return Product.objects.for_list()
        return Product.objects.select_related("listing").with_lowest_price()

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.has_add_permission(request) or self.has_change_permission(request):
            keep_uploads(request)
        return super().changeform_view(request, *args, **kwargs)

    @display(description="Product", header=True, ordering="name")
    def shown_name(self, product: Product) -> list[Any]:
        image = next(iter(product.images.all()), None)
        shown = {"path": image.image.url, "squared": True, "width": 40, "height": 40} if image else {}
        return [product.name, product.sku, product.name[:2], shown]

    @display(
        description="Stock",
        label={"out": "danger", "low": "warning", "enough": "success"},
        ordering="stock_quantity",
    )
    def shown_stock(self, product: Product) -> tuple[str, str]:
        level = product.stock_quantity
        state = "enough" if level > product.low_stock_threshold else "low" if level else "out"
        return state, str(level)

    @display(description="Categories")
    def shown_categories(self, product: Product) -> str:
        return ", ".join(category.name for category in product.categories.all())

    @display(description="Rating", ordering="listing__rating_average")
    def shown_rating(self, product: Product) -> str:
        listing = getattr(product, "listing", None)
        return f"{listing.rating_average} ({listing.rating_count})" if listing and listing.rating_count else "-"

    @display(description="Lowest price of the 30 days before its reduction")
    def shown_lowest_price(self, product: Product) -> str:
        lowest = getattr(product, "lowest_price", None)
        return "-" if lowest is None else str(lowest)

    @display(
        description="Status",
        label={"active": "success", "scheduled": "warning", "draft": "info", "discontinued": "danger"},
        ordering="is_active",
    )
    def shown_status(self, product: Product) -> tuple[str, str]:
        return product.status.value, product.status.label

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            fields = {name: form.cleaned_data[name] for name in form.changed_data}
            saved = products.update_product(product_id=obj.pk, fields=fields)
        else:
            saved = products.create_product(fields=form.cleaned_data, actor=staff_of(request))
        obj.pk, obj._state.adding = saved.pk, False  # noqa: SLF001 - what Model.save would have done

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        if not save_parts(request, form.instance.pk, formset):
            super().save_formset(request, form, formset, change)

    @admin.action(description="Offer the selected products", permissions=["change"])
    def activate(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        count = offering.activate_products(product_ids=list(queryset.values_list("id", flat=True)))
        self.message_user(request, f"{count} products are offered now.")

    @admin.action(description="Take the selected products off the shop", permissions=["change"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        count = offering.deactivate_products(product_ids=list(queryset.values_list("id", flat=True)))
        self.message_user(request, f"{count} products are off the shop now.")

    def has_adjust_stock_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("products.add_stockmovement")

    @action(
        description="Adjust stock",
        icon="swap_vert",
        permissions=["adjust_stock"],
        dialog={
            "title": "Adjust stock",
            "description": "Books a movement; the level follows.",
            "form_class": AdjustStockForm,
            "form_submit_text": "Adjust",
        },
    )
    def adjust_stock(self, request: HttpRequest, form: AdjustStockForm, object_id: int) -> HttpResponse:
        variation = form.cleaned_data.get("variation")
        key = StockKey(int(object_id), variation.id if variation else None)
        try:
            level = stock.adjust(
                key=key, delta=form.cleaned_data["delta"], note=form.cleaned_data["reason"], actor=staff_of(request)
            )
        except DomainError as error:
            messages.error(request, error.detail)
        else:
            messages.success(request, f"There are {level} now.")
        page = reverse("admin:products_product_change", args=[object_id])
        return go_to(request, page)


@admin.register(FormerSlug)
class FormerSlugAdmin(ModelAdmin):
    """Addresses that lead to a product's present one; deleting one ends that."""

    list_display = ("slug", "product", "created_at")
    list_select_related = ("product",)
    search_fields = ("slug", "product__name", "product__sku")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
