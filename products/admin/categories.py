"""Categories in the admin, shown as the tree that they are."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from unfold.decorators import display

from common.admin_bases import ServiceAdmin
from common.errors import DomainError
from products.admin.forms import CategoryForm
from products.admin.parts import thumbnail
from products.models import Category
from products.services import categories

INDENT = 24


@admin.register(Category)
class CategoryAdmin(ServiceAdmin):
    """The category tree; moves and deletions go through the services, which keep it one."""

    form = CategoryForm
    list_display = ("shown_name", "slug", "shown_products", "shown_picture", "updated_at")
    list_per_page = 200
    search_fields = ("name", "slug")
    autocomplete_fields = ("parent",)
    prepopulated_fields: ClassVar = {"slug": ("name",)}
    readonly_fields = ("created_at", "updated_at")
    sortable_by = ()
    fields = ("name", "slug", "parent", "description", "image", "created_at", "updated_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Category]:
        if request.resolver_match and request.resolver_match.url_name == "products_category_changelist":
            in_order: QuerySet[Category] = Category.objects.in_tree_order().annotate(product_count=Count("products"))
            return in_order
        return Category.objects.by_name()

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        is_list = request.resolver_match and request.resolver_match.url_name == "products_category_changelist"
        return ("place",) if is_list else ("name", "id")

    @display(description="Category")
    def shown_name(self, category: Any) -> str:
        return format_html('<span style="padding-left: {}px">{}</span>', category.depth * INDENT, category.name)

    @display(description="Products")
    def shown_products(self, category: Any) -> int:
        return int(category.product_count)

    @display(description="Picture")
    def shown_picture(self, category: Category) -> str:
        return thumbnail(category.image, size=32)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        fields = {name: form.cleaned_data[name] for name in form.changed_data}
        if "image" in fields:
            fields["image"] = categories.store_image(fields["image"].read()) if fields["image"] else None
        if change:
            categories.update_category(category_id=obj.pk, fields=fields)
        else:
            saved = categories.create_category(fields=fields)
            obj.pk, obj._state.adding = saved.pk, False  # noqa: SLF001 - what Model.save would have done

    def delete_model(self, request: HttpRequest, obj: Category) -> None:
        categories.delete_category(category_id=obj.pk)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Category]) -> None:
        for category in queryset.order_by("-id"):
            try:
                categories.delete_category(category_id=category.pk)
            except DomainError as error:
                messages.error(request, f"{category}: {error.detail}")
