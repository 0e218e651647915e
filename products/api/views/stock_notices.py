"""Back-in-stock notices: asked for by anybody, confirmed and stopped by the links of mails."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from authentication.models import User
from common.api.views import ApiView
from common.errors import InvalidInput, NotFound
from products.api.serializers.stock_notices import (
    NoticeAcceptedSerializer,
    NoticeTokenSerializer,
    RequestNoticeSerializer,
)
from products.errors import AlreadyInStock
from products.models import Product
from products.services import stock_notices

ACCEPTED = "We write once when it is back; the first time, a mail asks whether the address is yours."


@extend_schema(tags=["catalogue"])
class StockNoticeView(ApiView):
    """Wishes to hear when something is back."""

    refusals: ClassVar = {
        "post": (AlreadyInStock,),
    }
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="stock_notice_create", request=RequestNoticeSerializer, responses={202: NoticeAcceptedSerializer}
    )
    def post(self, request: Request, slug: str) -> Response:
        """Ask to be written to once when a sold-out product, or a variation of it, is back in stock.

        A guest says `email` and confirms it by a mailed link; a signed-in customer is written to at their own. The
        answer is the same whatever is known of the address. 409 `already_in_stock` for what is not sold out.
        """
        product = Product.objects.active().select_related("listing").filter(slug=slug).first()
        if product is None:
            raise NotFound
        data = RequestNoticeSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        variation = data.validated_data["variation"]
        if variation is not None and variation.product_id != product.id:
            raise InvalidInput.of("variation", "does_not_exist", "Of another product.")
        user = request.user if isinstance(request.user, User) else None
        email = _address(user, data.validated_data)
        stock_notices.request_notice(product=product, variation=variation, email=email, user=user)
        return Response({"detail": ACCEPTED}, status=202)


def _address(user: User | None, data: dict[str, Any]) -> str:
    if user is not None:
        if "email" in data:
            raise InvalidInput.of("email", "own_address", "You are signed in: we write to your own address.")
        return user.email
    if "email" not in data:
        raise InvalidInput.of("email", "required", "Say where to write.")
    return str(data["email"])


@extend_schema(tags=["catalogue"])
class ConfirmNoticeView(ApiView):
    """The link by which an address is confirmed."""

    permission_classes = (AllowAny,)

    @extend_schema(operation_id="stock_notice_confirm", request=NoticeTokenSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """Say yes to a notice; 400 `invalid_token` where it is not known any more."""
        data = NoticeTokenSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        stock_notices.confirm_notice(token=data.validated_data["token"])
        return Response(status=204)


@extend_schema(tags=["catalogue"])
class StopNoticesView(ApiView):
    """The link by which an address is forgotten."""

    permission_classes = (AllowAny,)

    @extend_schema(operation_id="stock_notices_stop", request=NoticeTokenSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """Forget all that the address waits for; 204 for any token, so that nothing is told."""
        data = NoticeTokenSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        stock_notices.stop_notices(token=data.validated_data["token"])
        return Response(status=204)
