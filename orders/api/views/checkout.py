"""Quotes and checkout."""

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.limits import Limit
from common.api.shapes import validate
from common.api.views import ApiView
from common.client import client_network
from common.errors import Busy
from common.limits.policies import Scope
from orders.api.access import by_cart, cart_owner
from orders.api.bodies import placed_order_body
from orders.api.serializers.checkout import AskQuoteSerializer, PlaceOrderSerializer, QuoteSerializer
from orders.api.serializers.orders import PlacedOrderSerializer
from orders.errors import AmountTooLarge, CartAlreadyOrdered, CartEmpty, CouponInvalid, ProductUnavailable, TotalChanged
from orders.services import checkout
from orders.services.checkout import CheckoutWish
from products.errors import OutOfStock


class QuoteView(ApiView):
    """What the cart would cost, delivered."""

    refusals: ClassVar = {
        "post": (CartEmpty, CartAlreadyOrdered, AmountTooLarge),
    }
    permission_classes = [AllowAny]

    @extend_schema(operation_id="checkout_quote", request=AskQuoteSerializer, responses=QuoteSerializer)
    def post(self, request: Request) -> Response:
        """The methods that serve the address with their prices, and the total once a method is chosen."""
        given = AskQuoteSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        asked = given.validated_data
        quote = checkout.make_quote(
            owner=cart_owner(request),
            address=asked["shipping_address"],
            shipping_method_id=asked.get("shipping_method"),
        )
        return Response(QuoteSerializer(quote).data)


class CheckoutView(ApiView):
    """Turning the cart into an order."""

    refusals: ClassVar = {
        "post": (
            CartEmpty,
            CartAlreadyOrdered,
            OutOfStock,
            ProductUnavailable,
            CouponInvalid,
            TotalChanged,
            AmountTooLarge,
            Busy,
        ),
    }
    permission_classes = [AllowAny]
    limits = {"POST": (Limit(Scope.CHECKOUT, by_cart), Limit(Scope.HOLD))}

    @extend_schema(
        operation_id="checkout_place_order", request=PlaceOrderSerializer, responses={201: PlacedOrderSerializer}
    )
    def post(self, request: Request) -> Response:
        """Place the order; the stock is taken and held until it is paid or expires."""
        asked = validate(PlaceOrderSerializer, request.data)
        wish = CheckoutWish(shipping_method_id=asked.pop("shipping_method"), **asked)
        placed = checkout.place_order(owner=cart_owner(request), wish=wish, network=client_network(request))
        return Response(placed_order_body(placed), status=201)
