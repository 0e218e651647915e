"""Ways to find products: counts for the filters, and suggestions while a customer types."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from products.api.filters import ProductFilter
from products.api.serializers.suggestions import FacetsSerializer, SuggestionsSerializer
from products.api.views.base import CatalogueViewSet
from products.models import Product
from products.querysets.facets import count_facets
from products.querysets.search import MOST_CHARACTERS
from products.querysets.suggestions import suggest

SHORTEST_TEXT = 2


@extend_schema(tags=["catalogue"])
class FacetViewSet(CatalogueViewSet):
    """Counts over what the filters of the product list match."""

    reads_replica = True
    queryset = Product.objects.all()
    serializer_class = FacetsSerializer
    pagination_class = None
    filterset_class = ProductFilter

    def get_queryset(self) -> Any:
        return Product.objects.visible_to(self.request.user)

    @extend_schema(operation_id="products_facets", responses=FacetsSerializer, filters=True)
    def list(self, request: Request) -> Response:
        """Counts by category (with what is below it), option and price band."""
        found: Any = self.filter_queryset(self.get_queryset())
        return Response(FacetsSerializer(count_facets(found)).data)


@extend_schema(tags=["catalogue"])
class SuggestionViewSet(CatalogueViewSet):
    """As-you-type suggestions."""

    reads_replica = True
    queryset = Product.objects.all()
    serializer_class = SuggestionsSerializer
    pagination_class = None
    filter_backends = ()
    query_params = ("q",)

    @extend_schema(
        operation_id="products_suggest",
        parameters=[OpenApiParameter("q", str, description=f"{SHORTEST_TEXT} to {MOST_CHARACTERS} characters.")],
        responses=SuggestionsSerializer,
    )
    def list(self, request: Request) -> Response:
        """Names of products and categories that begin like the text or are a typo away; nothing below 2 letters."""
        text = request.query_params.get("q", "").strip()
        if len(text) > MOST_CHARACTERS:
            raise ValidationError({"q": [ErrorDetail(f"At most {MOST_CHARACTERS} characters.", code="max_length")]})
        if len(text) < SHORTEST_TEXT:
            return Response({"products": [], "categories": []})
        return Response(SuggestionsSerializer(suggest(text)).data)
