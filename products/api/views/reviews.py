"""Reviews: read by everybody, written by customers, judged by staff."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from authentication.api.views.base import user_of
from common.api.limits import Limit, by_user
from common.api.pagination import NewestFirstCursorPagination
from common.errors import NotFound
from common.limits.policies import Scope
from products.api.filters import ReviewFilter, StaffReviewFilter
from products.api.serializers.reviews import ReviewSerializer, StaffReviewSerializer, SubmitReviewSerializer
from products.api.views.base import CatalogueViewSet
from products.errors import AlreadyReviewed
from products.models import Product, ProductReview
from products.services import reviews


@extend_schema(tags=["catalogue"])
class ProductReviewViewSet(mixins.ListModelMixin, CatalogueViewSet):
    """The reviews of one product on offer: everybody reads the approved ones, customers write one each."""

    reads_replica = True
    refusals: ClassVar = {
        "create": (AlreadyReviewed,),
    }
    queryset = ProductReview.objects.all()
    serializer_class = ReviewSerializer
    pagination_class = NewestFirstCursorPagination
    filterset_class = ReviewFilter
    limits = {"POST": (Limit(Scope.REVIEW, by_user),)}

    def get_permissions(self) -> list[Any]:
        return [IsAuthenticated()] if self.action == "create" else [AllowAny()]

    def get_queryset(self) -> Any:
        return ProductReview.objects.approved().filter(product_id=self._product_id()).for_list()

    @extend_schema(request=SubmitReviewSerializer, responses={201: ReviewSerializer})
    def create(self, request: Request, slug: str) -> Response:
        """Review a product, once; the review waits for staff's approval."""
        product_id = self._product_id()
        data = SubmitReviewSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        review = reviews.submit_review(product_id=product_id, user=user_of(request), **data.validated_data)
        return Response(ReviewSerializer(review).data, status=201)

    def _product_id(self) -> int:
        offered = Product.objects.active().filter(slug=self.kwargs.get("slug"))
        product_id = offered.values_list("id", flat=True).first()
        if product_id is None:
            raise NotFound
        return product_id


@extend_schema(tags=["catalogue: staff"])
class ReviewViewSet(mixins.ListModelMixin, CatalogueViewSet):
    """All reviews, for staff to judge."""

    queryset = ProductReview.objects.all().for_list()
    serializer_class = StaffReviewSerializer
    pagination_class = NewestFirstCursorPagination
    filterset_class = StaffReviewFilter
    etag = False
    staff_actions: ClassVar = {
        "list": "products.view_productreview",
        "approve": "products.change_productreview",
        "reject": "products.change_productreview",
    }

    @extend_schema(request=None, responses=StaffReviewSerializer)
    def approve(self, request: Request, pk: int) -> Response:
        """Show a review and count its rating."""
        return Response(StaffReviewSerializer(reviews.approve_review(review_id=pk)).data)

    @extend_schema(request=None, responses=StaffReviewSerializer)
    def reject(self, request: Request, pk: int) -> Response:
        """Hide a review."""
        return Response(StaffReviewSerializer(reviews.reject_review(review_id=pk)).data)
