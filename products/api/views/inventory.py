"""Stock as staff see and correct it."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response

from authentication.api.views.base import user_of
from common.api.idempotent import require_key
from common.api.pagination import NewestFirstCursorPagination
from products.api.filters import StockMovementFilter
from products.api.serializers.inventory import (
    AdjustedStockSerializer,
    AdjustStockSerializer,
    LowStockSerializer,
    StockMovementSerializer,
)
from products.api.serializers.stock_feed import FeedResultsSerializer, FeedRowSerializer, FeedRowsSerializer
from products.api.views.base import CatalogueViewSet
from products.errors import OutOfStock, StockChanged
from products.models import Product, StockMovement
from products.querysets.stock import low_stock
from products.services import stock, stock_feed
from products.services.stock import StockKey
from products.services.stock_feed import Outcome, SkuWish


@extend_schema(tags=["inventory: staff"])
class LowStockViewSet(mixins.ListModelMixin, CatalogueViewSet):
    """Levels of products on offer that are at their threshold or below; what is discontinued is not ordered again."""

    queryset = Product.objects.all()
    serializer_class = LowStockSerializer
    filter_backends = ()
    etag = False
    staff_actions: ClassVar = {"list": "products.view_product"}

    def get_queryset(self) -> Any:
        return low_stock(Product.objects.to_be_reordered())


@extend_schema(tags=["inventory: staff"])
class MovementViewSet(mixins.ListModelMixin, CatalogueViewSet):
    """The ledger of stock, the newest first."""

    queryset = StockMovement.objects.all().for_list()
    serializer_class = StockMovementSerializer
    pagination_class = NewestFirstCursorPagination
    filterset_class = StockMovementFilter
    etag = False
    staff_actions: ClassVar = {"list": "products.view_stockmovement"}


@extend_schema(tags=["inventory: staff"])
class AdjustmentViewSet(CatalogueViewSet):
    """Corrections of stock."""

    refusals: ClassVar = {
        "create": (StockChanged, OutOfStock),
    }
    queryset = StockMovement.objects.all()
    serializer_class = AdjustStockSerializer
    pagination_class = None
    filter_backends = ()
    staff_actions: ClassVar = {"create": "products.add_stockmovement"}

    @extend_schema(request=AdjustStockSerializer, responses={201: AdjustedStockSerializer})
    def create(self, request: Request) -> Response:
        """Correct a level by `delta`, or to `quantity` if it still is `expected_quantity` (else 409)."""
        data = AdjustStockSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        fields = data.validated_data
        key = _key_of(fields)
        level = stock.adjust(
            key=key,
            note=fields["reason"],
            delta=fields.get("delta"),
            quantity=fields.get("quantity"),
            expected_quantity=fields.get("expected_quantity"),
            actor=user_of(request),
        )
        body = {"product": key.product_id, "variation": key.variation_id, "stock_quantity": level}
        return Response(AdjustedStockSerializer(body).data, status=201)


def _key_of(fields: dict[str, Any]) -> StockKey:
    variation = fields["variation"]
    return StockKey(variation.product_id, variation.id) if variation else StockKey(fields["product"].id, None)


@extend_schema(tags=["inventory: staff"])
class StockFeedViewSet(CatalogueViewSet):
    """Many levels at once."""

    queryset = StockMovement.objects.all()
    serializer_class = FeedRowSerializer
    pagination_class = None
    filter_backends = ()
    staff_actions: ClassVar = {"create": "products.add_stockmovement"}

    @extend_schema(request=FeedRowSerializer(many=True), responses={200: FeedResultsSerializer})
    def create(self, request: Request) -> Response:
        """Bring up to 1,000 levels to what the rows say, each row taken or refused by itself.

        A `delta` counts each time it is sent, so a request with one needs an `Idempotency-Key`.
        """
        rows: Any = FeedRowsSerializer(data=request.data, child=FeedRowSerializer())
        rows.is_valid(raise_exception=True)
        wishes = [_wish_of(row) for row in rows.validated_data]
        if any(wish.delta is not None for wish in wishes):
            require_key(request)
        outcomes = stock_feed.apply_by_sku(wishes=wishes, actor=user_of(request))
        results = [_result_of(wish, outcome) for wish, outcome in zip(wishes, outcomes, strict=True)]
        return Response(FeedResultsSerializer({"results": results}).data)


def _wish_of(row: dict[str, Any]) -> SkuWish:
    return SkuWish(
        sku=row["sku"],
        quantity=row.get("quantity"),
        expected=row.get("expected_quantity"),
        delta=row.get("delta"),
        counted_at=row.get("counted_at"),
        note=row["reason"],
    )


def _result_of(wish: SkuWish, outcome: Outcome) -> dict[str, Any]:
    is_known = outcome.code not in {"unknown_sku", "ambiguous_sku", "repeated_sku"}
    return {
        "sku": wish.sku,
        "stock_quantity": outcome.before + outcome.change if is_known else None,
        "change": outcome.change,
        "code": outcome.code or None,
        "detail": outcome.reason or None,
    }
