"""The caller's cart."""

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.limits import Limit, by_address
from common.api.shapes import represent, validate
from common.api.views import ApiView
from common.errors import Busy
from common.limits.policies import Scope
from common.tokens import hash_token
from orders.api.access import CART_TOKEN_HEADER, cart_owner, user_of
from orders.api.serializers.carts import (
    AddItemSerializer,
    CartSerializer,
    ChangeItemSerializer,
    CouponCodeSerializer,
    MergeSerializer,
)
from orders.errors import CartEmpty, CouponInvalid
from orders.models import Cart
from orders.querysets.cart_rows import main_pictures
from orders.services import carts
from orders.services.carts import CartOwner

# What writes of carts have in common: each address so many.
WRITES = (Limit(Scope.CART, by_address),)


class _CartView(ApiView):
    """What the cart's views share: anybody may call them, and each answers the whole cart."""

    permission_classes = [AllowAny]

    def answer(
        self, request: Request, owner: CartOwner, cart: Cart | None, *, token: str | None = None, status: int = 200
    ) -> Response:
        """The whole cart as it is now; `token` is that of a cart made just now."""
        contents = carts.read_contents(cart=cart) if cart else carts.no_contents()
        summary = carts.summarise(contents=contents, customer_email=owner.email)
        if cart and owner.user is None:
            token = token or request.headers.get(CART_TOKEN_HEADER)
        pictures = main_pictures([line.product.id for line in contents.lines]) if contents.lines else {}
        return Response(represent(CartSerializer, summary, token=token, pictures=pictures), status=status)


class CartView(_CartView):
    """The cart as a whole."""

    etag = True
    limits = {"DELETE": WRITES}

    @extend_schema(operation_id="cart_retrieve", responses=CartSerializer)
    def get(self, request: Request) -> Response:
        """The caller's active cart; an unknown, merged or ordered token counts as none."""
        owner = cart_owner(request)
        return self.answer(request, owner, carts.find_cart(owner=owner))

    @extend_schema(operation_id="cart_clear", responses={204: None})
    def delete(self, request: Request) -> Response:
        """Drop the cart with all that is in it."""
        carts.clear(owner=cart_owner(request))
        return Response(status=204)


class CartItemsView(_CartView):
    """Putting things into the cart."""

    refusals: ClassVar = {
        "post": (Busy,),
    }
    limits = {"POST": WRITES}

    @extend_schema(operation_id="cart_items_add", request=AddItemSerializer, responses={201: CartSerializer})
    def post(self, request: Request) -> Response:
        """Add so many units; the same thing again adds up. A guest's first item makes the cart and its `token`."""
        wanted = validate(AddItemSerializer, request.data)
        owner = cart_owner(request)
        added = carts.add_item(
            owner=owner,
            product_id=wanted["product"],
            variation_id=wanted.get("variation"),
            quantity=wanted["quantity"],
        )
        return self.answer(request, owner, added.cart, token=added.new_token, status=201)


class CartItemView(_CartView):
    """One line of the cart."""

    limits = {"PATCH": WRITES, "DELETE": WRITES}

    @extend_schema(operation_id="cart_items_change", request=ChangeItemSerializer, responses=CartSerializer)
    def patch(self, request: Request, item_id: int) -> Response:
        """Set the line's quantity."""
        given = ChangeItemSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        owner = cart_owner(request)
        cart = carts.change_quantity(owner=owner, item_id=item_id, quantity=given.validated_data["quantity"])
        return self.answer(request, owner, cart)

    @extend_schema(operation_id="cart_items_remove", responses={200: CartSerializer})
    def delete(self, request: Request, item_id: int) -> Response:
        """Take the line out."""
        owner = cart_owner(request)
        return self.answer(request, owner, carts.remove_item(owner=owner, item_id=item_id))


class CartCouponView(_CartView):
    """The coupon that the cart asks for."""

    refusals: ClassVar = {
        "post": (CartEmpty, CouponInvalid),
    }
    limits = {"POST": WRITES, "DELETE": WRITES}

    @extend_schema(operation_id="cart_coupon_apply", request=CouponCodeSerializer, responses=CartSerializer)
    def post(self, request: Request) -> Response:
        """Ask for a coupon by its code."""
        given = CouponCodeSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        owner = cart_owner(request)
        return self.answer(request, owner, carts.apply_coupon(owner=owner, code=given.validated_data["code"]))

    @extend_schema(operation_id="cart_coupon_remove", responses={200: CartSerializer})
    def delete(self, request: Request) -> Response:
        """Ask for no coupon."""
        owner = cart_owner(request)
        return self.answer(request, owner, carts.remove_coupon(owner=owner))


class CartMergeView(_CartView):
    """A guest who signed in takes the cart along."""

    permission_classes = [IsAuthenticated]
    limits = {"POST": WRITES}

    @extend_schema(operation_id="cart_merge", request=MergeSerializer, responses=CartSerializer)
    def post(self, request: Request) -> Response:
        """Move the guest cart's lines into the caller's cart, as far as the stock goes; the token dies."""
        given = MergeSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        user = user_of(request)
        cart = carts.merge(user=user, session_id=hash_token(given.validated_data["token"])) if user else None
        return self.answer(request, CartOwner(user=user), cart)
