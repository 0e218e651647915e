"""What else may interest who looks at a product."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from common.errors import NotFound
from products.api.serializers.related import RelatedSerializer
from products.api.views.base import CatalogueViewSet
from products.models import Product
from products.querysets.related import related_to


@extend_schema(tags=["catalogue"])
class RelatedViewSet(CatalogueViewSet):
    """Products that belong to a product."""

    reads_replica = True
    queryset = Product.objects.all()
    serializer_class = RelatedSerializer
    pagination_class = None
    filter_backends = ()

    @extend_schema(operation_id="products_related", responses=RelatedSerializer)
    def list(self, request: Request, slug: str) -> Response:
        """What customers bought with it, and others of its categories: at most 12 each, on offer, the nearest first."""
        found: Any = Product.objects.visible_to(request.user).filter(slug=slug).values_list("id", flat=True).first()
        if found is None:
            raise NotFound
        return Response(RelatedSerializer(related_to(found)).data)
