"""Pictures and variations in the admin, beside their product and by themselves; saved by the services."""

import contextlib
from collections.abc import Mapping
from typing import Any, cast

from django.contrib import admin
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.forms import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from unfold.admin import TabularInline
from unfold.decorators import display

from authentication.models import User
from common.admin_bases import ServiceAdmin
from common.errors import InvalidInput
from products.admin.base import staff_of
from products.admin.forms import ImageForm, VariationForm
from products.models import ProductCategory, ProductImage, ProductVariation
from products.services import images, variations


def thumbnail(image: Any, *, size: int = 48) -> str:
    """A small picture as HTML, or nothing."""
    if not image:
        return ""
    return format_html(
        '<img src="{}" alt="" loading="lazy" width="{}" height="{}" style="object-fit: cover; border-radius: 6px">',
        image.url,
        size,
        size,
    )


def keep_uploads(request: HttpRequest) -> None:
    """Store the pictures of a form before its transaction begins, as storage may be a network away.

    What is no picture is left to the form, which says so beside the field.
    """
    kept: dict[str, str] = {}
    for field, upload in cast(Mapping[str, UploadedFile[bytes]], request.FILES).items():
        with contextlib.suppress(InvalidInput):
            kept[field] = images.keep_picture(upload.read())
        upload.seek(0)
    request.kept_pictures = kept  # type: ignore[attr-defined]  # from here to the same request's saving


def save_image(request: Any, form: Any, product_id: int) -> ProductImage:
    """Save what was said of a picture; a new file takes the place of the old one."""
    kept = request.kept_pictures.get(form.add_prefix("image"))
    named = {name for name in form.changed_data if name in {"alt_text", "is_featured", "order"}}
    fields = {name: form.cleaned_data[name] for name in named}
    if form.instance.pk is None:
        return images.add_image(product_id=product_id, kept=kept, fields=fields)
    return images.update_image(product_id=product_id, image_id=form.instance.pk, fields=fields, kept=kept)


def save_variation(form: Any, product_id: int, actor: User) -> ProductVariation:
    """Save what was said of a variation."""
    fields = {name: form.cleaned_data[name] for name in form.changed_data if name != "product"}
    if form.instance.pk is None:
        return variations.create_variation(product_id=product_id, fields=fields, actor=actor)
    return variations.update_variation(product_id=product_id, variation_id=form.instance.pk, fields=fields)


def save_parts(request: HttpRequest, product_id: int, formset: BaseInlineFormSet[Any, Any, Any]) -> bool:
    """Save a formset of pictures or variations; tells whether it was one."""
    if formset.model not in {ProductImage, ProductVariation}:
        return False
    formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
    for form in formset.forms:
        if form in formset.deleted_forms:
            if form.instance.pk is not None:
                images.remove_image(product_id=product_id, image_id=form.instance.pk)
                formset.deleted_objects.append(form.instance)
        elif form.has_changed():
            is_new = form.instance.pk is None
            saved = (
                save_image(request, form, product_id)
                if formset.model is ProductImage
                else save_variation(form, product_id, staff_of(request))
            )
            if is_new:
                formset.new_objects.append(saved)
            else:
                formset.changed_objects.append((saved, form.changed_data))
    return True


class ImageInline(TabularInline):
    """The pictures of a product."""

    model = ProductImage
    form = ImageForm
    extra = 0
    fields = ("image", "alt_text", "is_featured", "order")


class VariationInline(TabularInline):
    """The variations of a product."""

    model = ProductVariation
    form = VariationForm
    extra = 0
    can_delete = False
    fields = ("name", "value", "sku", "barcode", "price_adjustment", "stock_quantity", "is_active")
    readonly_fields = ("stock_quantity",)


class MembershipInline(TabularInline):
    """The categories of a product."""

    model = ProductCategory
    extra = 0
    autocomplete_fields = ("category",)
    verbose_name = "category"
    verbose_name_plural = "categories"


@admin.register(ProductImage)
class ProductImageAdmin(ServiceAdmin):
    """All pictures."""

    form = ImageForm
    list_display = ("shown", "product", "alt_text", "is_featured", "order")
    list_display_links = ("shown", "product")
    list_filter = ("is_featured",)
    list_select_related = ("product",)
    search_fields = ("product__name", "product__sku", "alt_text")
    autocomplete_fields = ("product",)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.has_add_permission(request) or self.has_change_permission(request):
            keep_uploads(request)
        return super().changeform_view(request, *args, **kwargs)

    @display(description="Picture")
    def shown(self, image: ProductImage) -> str:
        return thumbnail(image.image)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("product",) if obj else ()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.pk = save_image(request, form, obj.product_id).pk

    def delete_model(self, request: HttpRequest, obj: ProductImage) -> None:
        images.remove_image(product_id=obj.product_id, image_id=obj.pk)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ProductImage]) -> None:
        for image in queryset:
            self.delete_model(request, image)


@admin.register(ProductVariation)
class ProductVariationAdmin(ServiceAdmin):
    """All variations; one is taken off the shop, never deleted."""

    form = VariationForm
    list_display = ("product", "name", "value", "sku", "price_adjustment", "stock_quantity", "shown_status")
    list_display_links = ("product", "value")
    list_filter = ("is_active", "name")
    list_select_related = ("product",)
    search_fields = ("product__name", "product__sku", "value", "sku")
    autocomplete_fields = ("product",)
    fields = ("product", "name", "value", "sku", "barcode", "price_adjustment", "stock_quantity", "is_active")
    ordering = ("product__name", "id")

    @display(description="Status", label={"Offered": "success", "Off": "danger"}, ordering="is_active")
    def shown_status(self, variation: ProductVariation) -> str:
        return "Offered" if variation.is_active else "Off"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("product", "stock_quantity") if obj else ("stock_quantity",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.pk = save_variation(form, obj.product_id, staff_of(request)).pk
