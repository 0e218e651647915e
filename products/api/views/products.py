"""Products: lists with filters, one by its slug, and staff's writes."""

from typing import Any, ClassVar

from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from authentication.api.views.base import user_of
from common.api.refusals import IF_MATCH
from common.errors import NotFound
from products.api import lists, one
from products.api.answers import Asked
from products.api.bodies import product_etag, state_of
from products.api.etags import hold_to_if_match
from products.api.filters import ProductFilter
from products.api.pages import ProductPagination
from products.api.serializers.products import (
    ChangeProductSerializer,
    CreateProductSerializer,
    ProductDetailSerializer,
    ProductSerializer,
    StaffProductDetailSerializer,
    StaffProductSerializer,
    sees_everything,
)
from products.api.views.base import CatalogueViewSet
from products.models import Product
from products.services import products


class ProductPagesViewSet(CatalogueViewSet):
    """Reading products."""

    reads_replica = True
    queryset = Product.objects.all()
    serializer_class = ProductSerializer
    filterset_class = ProductFilter
    pagination_class = ProductPagination

    def get_queryset(self) -> Any:
        return Product.objects.visible_to(self.request.user)

    def get_serializer_class(self) -> Any:
        return StaffProductSerializer if sees_everything(self.request.user) else ProductSerializer

    def list(self, request: Request) -> HttpResponse:
        """Products that the filters and the search find, a page at a time."""
        staff = sees_everything(request.user)
        answer = lists.answer_known(Asked.by(request), staff=staff)
        if answer is None:
            found: Any = self.filter_queryset(self.get_queryset())
            answer = lists.answer_found(request, found, staff=staff)
        return answer.response()

    @extend_schema(
        responses={200: ProductDetailSerializer, 301: OpenApiResponse(description="The product has a new slug.")}
    )
    def retrieve(self, request: Request, slug: str) -> HttpResponse:
        """One product; an old slug leads to the new one."""
        answer = one.answer_one(Asked.by(request), slug, staff=sees_everything(request.user))
        return answer.response() if answer else self._moved(slug)

    def _moved(self, slug: str) -> HttpResponse:
        moved = self.get_queryset().filter(former_slugs__slug=slug).first()
        if moved is None:
            raise NotFound
        return Response(status=301, headers={"Location": reverse("product", args=[moved.slug])})


@extend_schema(tags=["catalogue"])
class ProductViewSet(ProductPagesViewSet):
    """Products on offer; staff see drafts, costs and stock too."""

    refusals: ClassVar = {
        "update": IF_MATCH,
        "partial_update": IF_MATCH,
        "destroy": IF_MATCH,
    }
    staff_actions: ClassVar = {
        "create": "products.add_product",
        "update": "products.change_product",
        "partial_update": "products.change_product",
        "destroy": "products.delete_product",
    }

    @extend_schema(request=CreateProductSerializer, responses={201: StaffProductDetailSerializer})
    def create(self, request: Request) -> Response:
        """Add a product; its opening stock is booked as a movement."""
        data = CreateProductSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        fields = dict(data.validated_data)
        product = products.create_product(
            stock_quantity=fields.pop("stock_quantity"),
            category_ids=fields.pop("categories", ()),
            fields=fields,
            actor=user_of(request),
        )
        return _reread(product.id, status=201)

    @extend_schema(request=ChangeProductSerializer, responses=StaffProductDetailSerializer)
    def update(self, request: Request, slug: str, partial: bool = False) -> Response:
        """Change a product; fields that may be left out stay as they are. Honours If-Match."""
        product = get_staff_product(slug)
        data = ChangeProductSerializer(product, data=request.data, partial=partial)
        data.is_valid(raise_exception=True)
        fields = dict(data.validated_data)
        products.update_product(
            product_id=product.id,
            category_ids=fields.pop("categories", None),
            fields=fields,
            check=hold_to_if_match(request),
        )
        return _reread(product.id)

    @extend_schema(request=ChangeProductSerializer, responses=StaffProductDetailSerializer)
    def partial_update(self, request: Request, slug: str) -> Response:
        """Change some of a product. Honours If-Match."""
        return self.update(request, slug, partial=True)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, slug: str) -> Response:
        """Take a product off the shop: it is deactivated, and kept for the orders that name it."""
        products.deactivate_product(product_id=get_staff_product(slug).id, check=hold_to_if_match(request))
        return Response(status=204)


def _reread(product_id: int, *, status: int = 200) -> Response:
    product = Product.objects.for_detail().get(id=product_id)
    etag = product_etag(state_of(product), staff=True)
    return Response(StaffProductDetailSerializer(product).data, status=status, headers={"ETag": etag})


def get_staff_product(slug: str) -> Product:
    """The product of the slug, on offer or not; raises NotFound."""
    product = Product.objects.filter(slug=slug).first()
    if product is None:
        raise NotFound
    return product
