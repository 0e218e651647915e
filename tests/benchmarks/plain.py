"""Lists of products by plain Django REST framework: a viewset, serializers and prefetches, as its tutorial has them."""

from typing import Any

from django.conf import settings
from django.urls import URLPattern, path
from rest_framework import serializers, viewsets
from rest_framework.permissions import AllowAny

from products.models import Category, Product, ProductImage


class CategorySerializer(serializers.ModelSerializer[Category]):
    class Meta:
        model = Category
        fields = ("id", "name", "slug")


class ImageSerializer(serializers.ModelSerializer[ProductImage]):
    url = serializers.CharField(source="image.url")

    class Meta:
        model = ProductImage
        fields = ("url", "alt_text")


class ProductSerializer(serializers.ModelSerializer[Product]):
    currency = serializers.SerializerMethodField()
    in_stock = serializers.BooleanField(source="listing.is_in_stock")
    rating_average = serializers.DecimalField(source="listing.rating_average", max_digits=3, decimal_places=2)
    rating_count = serializers.IntegerField(source="listing.rating_count")
    images = ImageSerializer(many=True)
    categories = CategorySerializer(many=True)

    class Meta:
        model = Product
        fields = (
            *("id", "slug", "name", "sku", "price", "compare_price", "currency", "in_stock", "rating_average"),
            *("rating_count", "images", "categories", "created_at", "updated_at"),
        )

    def get_currency(self, product: Product) -> str:
        return str(settings.SHOP_CURRENCY)


class ProductViewSet(viewsets.ReadOnlyModelViewSet[Product]):
    queryset = Product.objects.filter(is_active=True)
    serializer_class = ProductSerializer
    permission_classes = (AllowAny,)

    def get_queryset(self) -> Any:
        products = super().get_queryset().order_by("-created_at", "-id")
        if slug := self.request.query_params.get("category"):
            below = Category.objects.filter(slug=slug) | Category.objects.filter(parent__slug=slug)
            products = products.filter(categories__in=below).distinct()
        listed = products.select_related("listing").defer("listing__vector", "listing__words")
        return listed.prefetch_related("images", "categories")


urlpatterns: list[URLPattern] = [path("api/v1/products/", ProductViewSet.as_view({"get": "list"}))]
