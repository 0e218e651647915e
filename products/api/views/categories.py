"""Categories: the list, the tree, one with its surroundings, and staff's writes."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.conditional import check_if_match
from common.api.refusals import IF_MATCH
from products.api.etags import content_etag
from products.api.filters import CategoryFilter
from products.api.serializers.categories import (
    CategoryDetailSerializer,
    CategoryNodeSerializer,
    CategorySerializer,
    WriteCategorySerializer,
)
from products.api.views.base import CatalogueViewSet
from products.errors import CategoryNotEmpty
from products.models import Category
from products.querysets.tree import category_tree
from products.services import categories

_REFUSALS = {"update": IF_MATCH, "partial_update": IF_MATCH, "destroy": (*IF_MATCH, CategoryNotEmpty)}


@extend_schema(tags=["catalogue"])
class CategoryViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, CatalogueViewSet):
    """The category tree."""

    reads_replica = True
    refusals: ClassVar = _REFUSALS
    queryset = Category.objects.all().by_name()
    serializer_class = CategorySerializer
    lookup_field = "slug"
    staff_actions: ClassVar = {
        "create": "products.add_category",
        "update": "products.change_category",
        "partial_update": "products.change_category",
        "destroy": "products.delete_category",
    }

    @property
    def filterset_class(self) -> Any:
        """Only the list is filtered."""
        return CategoryFilter if self.action == "list" else None

    def get_serializer_class(self) -> Any:
        return CategoryDetailSerializer if self.action == "retrieve" else CategorySerializer

    @extend_schema(request=WriteCategorySerializer, responses={201: CategoryDetailSerializer})
    def create(self, request: Request) -> Response:
        """Add a category; without a slug one is made from the name."""
        data = WriteCategorySerializer(data=request.data)
        data.is_valid(raise_exception=True)
        return self._answer(categories.create_category(fields=data.validated_data), status=201)

    @extend_schema(request=WriteCategorySerializer, responses=CategoryDetailSerializer)
    def update(self, request: Request, slug: str, partial: bool = False) -> Response:
        """Change or move a category; honours If-Match."""
        category = self.get_object()
        data = WriteCategorySerializer(category, data=request.data, partial=partial)
        data.is_valid(raise_exception=True)
        changed = categories.update_category(
            category_id=category.id, fields=data.validated_data, check=self._hold_to_if_match
        )
        return self._answer(changed)

    @extend_schema(request=WriteCategorySerializer, responses=CategoryDetailSerializer)
    def partial_update(self, request: Request, slug: str) -> Response:
        """Change some of a category; honours If-Match."""
        return self.update(request, slug, partial=True)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, slug: str) -> Response:
        """Delete a category without subcategories; its products stay."""
        categories.delete_category(category_id=self.get_object().id, check=self._hold_to_if_match)
        return Response(status=204)

    def _hold_to_if_match(self, category: Category) -> None:
        check_if_match(self.request, content_etag(CategoryDetailSerializer(category).data))

    def _answer(self, category: Category, status: int = 200) -> Response:
        body = CategoryDetailSerializer(category).data
        return Response(body, status=status, headers={"ETag": content_etag(body)})


@extend_schema(tags=["catalogue"])
class CategoryTreeViewSet(CatalogueViewSet):
    """The whole hierarchy."""

    reads_replica = True
    queryset = Category.objects.all()
    serializer_class = CategoryNodeSerializer
    pagination_class = None
    filter_backends = ()

    @extend_schema(operation_id="categories_tree", responses=CategoryNodeSerializer(many=True))
    def list(self, request: Request) -> Response:
        """Every category in its place, siblings by name, in one answer."""
        return Response(category_tree())
