"""What products cost before, for staff."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import mixins

from common.api.pagination import PagePagination
from products.api.serializers.prices import PastPriceSerializer
from products.api.views.base import CatalogueViewSet
from products.api.views.products import get_staff_product
from products.models import PastPrice


@extend_schema(tags=["catalogue: staff"])
class PastPriceViewSet(mixins.ListModelMixin, CatalogueViewSet):
    """Prices of a product and adjustments of its variations that are in force no more, the latest first."""

    queryset = PastPrice.objects.all()
    serializer_class = PastPriceSerializer
    pagination_class = PagePagination
    filter_backends = ()
    etag = False
    staff_actions: ClassVar = {"list": "products.view_pastprice"}

    def get_queryset(self) -> Any:
        return PastPrice.objects.filter(product=get_staff_product(self.kwargs["slug"])).for_list()
