"""Paying, capturing, refunding, and what gateways send us."""

from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from common.api import idempotent
from common.api.limits import Limit
from common.api.parsers import BodyTooLarge
from common.api.permissions import is_staff_with, staff_with
from common.api.refusals import OWN_KEY
from common.api.serializers import StrictSerializer
from common.api.shapes import validate
from common.api.views import ApiView
from common.limits.policies import Scope
from orders.api import access
from payments import errors
from payments.api.schemas import (
    PaymentMethodsSerializer,
    PaymentSerializer,
    RefundBodySerializer,
    RefundPreviewSerializer,
    WebhookReceivedSerializer,
)
from payments.api.serializers import PreviewRefundSerializer, RefundSerializer, StartPaymentSerializer
from payments.bodies import payment_body, preview_body, refund_body
from payments.gateways import registry
from payments.services import payments, refunds, webhooks

KEY_HEADER = OpenApiParameter(idempotent.HEADER, OpenApiTypes.STR, OpenApiParameter.HEADER, required=True)


class PaymentMethodsView(ApiView):
    """The ways to pay that the shop offers."""

    permission_classes = (AllowAny,)

    @extend_schema(operation_id="payment_methods_list", responses=PaymentMethodsSerializer)
    def get(self, request: Request) -> Response:
        """The enabled gateways, in the shop's order."""
        return Response(PaymentMethodsSerializer({"results": registry.enabled()}).data)


class OrderPaymentsView(ApiView):
    """Paying an order: its owner, by account or token, and staff who may add payments."""

    refusals: ClassVar = {
        "post": (
            *OWN_KEY,
            PermissionDenied,
            errors.OrderNotPayable,
            errors.PaymentInProgress,
            errors.PaymentMethodUnavailable,
        ),
    }
    permission_classes = (AllowAny,)
    limits = {"POST": (Limit(Scope.PAYMENT),)}
    idempotent = False

    @extend_schema(
        operation_id="orders_pay",
        parameters=[KEY_HEADER],
        request=StartPaymentSerializer,
        responses={201: PaymentSerializer},
    )
    def post(self, request: Request, order_number: str) -> HttpResponse:
        """Start a payment of the order's total; one that was declined is 201 too, with status `failed`."""
        idempotent.require_key(request)
        order = access.get_order(request, order_number)
        if not access.owns(request, order) and not is_staff_with(request.user, "payments.add_payment"):
            self.permission_denied(request)
        asked = validate(StartPaymentSerializer, request.data)

        def start(claim_key: idempotent.ClaimKey) -> Response:
            actor = access.user_of(request)
            payment = payments.start_payment(order=order, actor=actor, on_intent=claim_key, **asked)
            return Response(payment_body(payment), status=201)

        return idempotent.run_with_intent(request, start)


class CapturePaymentView(ApiView):
    """Booking the money of a bank transfer."""

    refusals: ClassVar = {
        "post": (errors.PaymentNotCapturable,),
    }
    permission_classes = (staff_with("payments.change_payment"),)

    @extend_schema(operation_id="payments_capture", request=None, responses=PaymentSerializer)
    def post(self, request: Request, payment_id: int) -> Response:
        """The money arrived: the order is confirmed, or, where it waits no longer, the money goes back."""
        StrictSerializer(data=request.data).is_valid(raise_exception=True)
        payment = payments.capture_payment(payment_id=payment_id, actor=access.user_of(request))
        return Response(payment_body(payment))


class RefundPreviewView(ApiView):
    """What a refund would give back, without making it."""

    refusals: ClassVar = {
        "post": (errors.PaymentNotCaptured, errors.RefundExceedsPayment),
    }
    permission_classes = (staff_with("payments.add_refund"),)

    @extend_schema(
        operation_id="payments_refunds_preview", request=PreviewRefundSerializer, responses=RefundPreviewSerializer
    )
    def post(self, request: Request, payment_id: int) -> Response:
        """All that is left of the payment, and how the asked refund, or one of everything, would be spread."""
        asked = _asked(PreviewRefundSerializer(data=request.data))
        return Response(preview_body(*refunds.preview_refund(payment_id=payment_id, **asked)))


class RefundsView(ApiView):
    """Giving money back."""

    refusals: ClassVar = {
        "post": (*OWN_KEY, errors.PaymentNotCaptured, errors.RefundExceedsPayment),
    }
    permission_classes = (staff_with("payments.add_refund"),)
    idempotent = False

    @extend_schema(
        operation_id="payments_refund",
        parameters=[KEY_HEADER],
        request=RefundSerializer,
        responses={201: RefundBodySerializer},
    )
    def post(self, request: Request, payment_id: int) -> HttpResponse:
        """Refund an amount or lines; one that the gateway refused is 201 too, with status `failed`."""
        idempotent.require_key(request)
        asked = _asked(RefundSerializer(data=request.data))

        def refund(claim_key: idempotent.ClaimKey) -> Response:
            actor = access.user_of(request)
            made = refunds.refund_payment(payment_id=payment_id, actor=actor, on_intent=claim_key, **asked)
            return Response(refund_body(made), status=201)

        return idempotent.run_with_intent(request, refund)


class WebhookView(ApiView):
    """Events of gateways; the signature over the raw body is all the authentication there is."""

    refusals: ClassVar = {
        "post": (errors.InvalidSignature, errors.MalformedEvent),
    }
    authentication_classes = ()
    permission_classes = (AllowAny,)
    parser_classes = ()  # the body is read raw, whatever its type
    idempotent = False

    @extend_schema(
        operation_id="payments_webhook",
        request={"application/json": OpenApiTypes.OBJECT},
        responses=WebhookReceivedSerializer,
    )
    def post(self, request: Request, gateway: str) -> Response:
        """Verify, store, apply; 200 once it is stored, whether or not it changed anything."""
        source = registry.event_source(gateway)
        body = request._request.body  # noqa: SLF001 - DRF offers the raw body only here
        if len(body) > settings.JSON_BODY_MAX_BYTES:
            raise BodyTooLarge
        event = source.read_event(headers=request.headers, body=body)
        webhooks.receive_event(gateway=gateway, event=event)
        return Response({"received": True})

    def _refuse_unknown_parameters(self, request: Request) -> None:
        """Gateways may add parameters as they like."""


def _asked(given: PreviewRefundSerializer) -> dict[str, Any]:
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)
