"""Forms of the admin that check what the services would refuse, so that a person reads it beside the field."""

from typing import Any

from django import forms
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from common.errors import DomainError
from products.models import Category, Product, ProductImage, ProductVariation
from products.services.categories import check_place
from products.services.offering import with_schedule
from products.services.pictures import clean_picture
from products.services.products import check_price
from products.services.variations import check_variation_price


class ProductForm(forms.ModelForm[Product]):
    """A product; a price must leave every variation's price at nothing or above."""

    class Meta:
        model = Product
        fields = (
            "name",
            "slug",
            "description",
            "price",
            "compare_price",
            "cost_price",
            "is_active",
            "is_discontinued",
            "publish_at",
            "unpublish_at",
            "sku",
            "barcode",
            "low_stock_threshold",
            "weight",
            "tax_class",
        )

    def clean(self) -> dict[str, Any]:
        """What the service does with a plan, so that the form's own checks see the same."""
        cleaned = super().clean() or {}
        plan = [name for name in ("publish_at", "unpublish_at") if name in self.changed_data and name in cleaned]
        try:
            cleaned.update(with_schedule({name: cleaned[name] for name in plan}, product=self.instance))
        except DomainError as error:
            self.add_error("unpublish_at", error.detail)
        if cleaned.get("is_active"):
            cleaned["publish_at"] = None  # offered by hand, whatever was planned
        return cleaned

    def clean_price(self) -> Any:
        price = self.cleaned_data["price"]
        if self.instance.pk:
            _as_form_error(check_price, self.instance, price)
        return price


class CategoryForm(forms.ModelForm[Category]):
    """A category, at a place where the tree stays a tree, with a picture made safe."""

    class Meta:
        model = Category
        fields = ("name", "slug", "parent", "description", "image")

    def clean_parent(self) -> Any:
        parent = self.cleaned_data["parent"]
        if parent is not None and "parent" in self.changed_data:
            _as_form_error(check_place, self.instance, parent)
        return parent

    def clean_image(self) -> Any:
        return _checked_picture(self.cleaned_data["image"])


class ImageForm(forms.ModelForm[ProductImage]):
    """A picture of a product."""

    class Meta:
        model = ProductImage
        fields = ("product", "image", "alt_text", "is_featured", "order")

    def clean_image(self) -> Any:
        return _checked_picture(self.cleaned_data["image"])

    def _get_validation_exclusions(self) -> set[str]:
        # Featuring one takes the mark from the other, so that another has it is no error.
        return {*super()._get_validation_exclusions(), "is_featured"}  # type: ignore[misc]


class VariationForm(forms.ModelForm[ProductVariation]):
    """A variation of a product; its stock is booked, not edited."""

    class Meta:
        model = ProductVariation
        fields = ("product", "name", "value", "sku", "barcode", "price_adjustment", "is_active")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        product = cleaned.get("product") or (self.instance.product if self.instance.product_id else None)
        if product is not None and product.price is not None and "price_adjustment" in cleaned:
            try:
                check_variation_price(product, cleaned["price_adjustment"])
            except DomainError as error:
                self.add_error("price_adjustment", error.detail)
        return cleaned


class AdjustStockForm(BaseDialogForm):
    """How many units came or went, and why."""

    variation = forms.ModelChoiceField(
        ProductVariation.objects.none(), required=False, widget=UnfoldAdminSelectWidget, empty_label="-"
    )
    delta = forms.IntegerField(
        label="Units", help_text="Negative for units that are gone.", widget=UnfoldAdminIntegerFieldWidget
    )
    reason = forms.CharField(max_length=255, widget=UnfoldAdminTextInputWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        variations = ProductVariation.objects.filter(product_id=self.object_id)
        if variations.exists():
            self.fields["variation"] = forms.ModelChoiceField(variations, widget=UnfoldAdminSelectWidget)
        else:
            del self.fields["variation"]


def _as_form_error(check: Any, *args: Any) -> None:
    try:
        check(*args)
    except DomainError as error:
        raise forms.ValidationError(error.detail, code=error.code) from error


def _checked_picture(upload: Any) -> Any:
    if hasattr(upload, "content_type"):
        _as_form_error(clean_picture, upload.read())
        upload.seek(0)
    return upload
