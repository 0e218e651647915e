"""Endpoints of webhooks, for staff: named, changed, resumed, their secrets renewed, events delivered again."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.generics import get_object_or_404
from rest_framework.mixins import ListModelMixin
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import ModelViewSet

from common.api.pagination import NewestFirstCursorPagination
from common.api.permissions import StaffModelPermission, staff_with
from common.api.views import ApiViewSet
from common.api.webhooks.serializers import (
    DeliverAgainSerializer,
    DeliveredAgainSerializer,
    WebhookDeliverySerializer,
    WebhookSerializer,
    WebhookWithSecretSerializer,
)
from common.models import WebhookDelivery, WebhookEndpoint
from common.remote_files import LONGEST_URL, NotFetched
from common.webhooks import endpoints, fan_out

_CHANGES = {"again", "resume", "rotate"}
_WITH_ADDRESS = {"create", "update", "partial_update"}


@extend_schema(tags=["events and webhooks"])
class WebhookViewSet(ApiViewSet, ModelViewSet[WebhookEndpoint]):
    """Endpoints of webhooks."""

    refusals: ClassVar = {"again": (fan_out.TooManyEvents,)}
    queryset = WebhookEndpoint.objects.order_by("pk")
    serializer_class = WebhookSerializer

    def get_permissions(self) -> list[BasePermission]:
        return [staff_with("common.change_webhookendpoint")() if self.action in _CHANGES else StaffModelPermission()]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.action in _WITH_ADDRESS:  # before the transaction of an Idempotency-Key begins
            _demand_public_address(request.data)

    @extend_schema(responses={201: WebhookWithSecretSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Name an endpoint; the answer shows its secret, this once."""
        asked = self.get_serializer(data=request.data)
        asked.is_valid(raise_exception=True)
        endpoint, secret = endpoints.add_endpoint(**asked.validated_data)
        return Response(_with_secret(endpoint, secret), status=201)

    def perform_update(self, serializer: BaseSerializer[WebhookEndpoint]) -> None:
        serializer.instance = endpoints.change_endpoint(endpoint_id=self.kwargs["pk"], **serializer.validated_data)

    def perform_destroy(self, instance: WebhookEndpoint) -> None:
        endpoints.remove_endpoint(endpoint_id=instance.pk)

    @extend_schema(request=None, responses=WebhookWithSecretSerializer)
    def rotate(self, request: Request, pk: int) -> Response:
        """Renew the secret; both sign until `former_secret_until`."""
        return Response(_with_secret(*endpoints.rotate_secret(endpoint_id=pk)))

    @extend_schema(request=None, responses=WebhookSerializer)
    def resume(self, request: Request, pk: int) -> Response:
        """Send what waits, now that the receiver works again."""
        return Response(WebhookSerializer(endpoints.resume_endpoint(endpoint_id=pk)).data)

    @extend_schema(request=DeliverAgainSerializer, responses={202: DeliveredAgainSerializer})
    def again(self, request: Request, pk: int) -> Response:
        """Send one event, or all from a point on, whether or not they were sent before."""
        asked = DeliverAgainSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        count = fan_out.deliver_again(endpoint_id=pk, wanted=asked.validated_data["wanted"])
        return Response({"count": count}, status=202)


def _with_secret(endpoint: WebhookEndpoint, secret: str) -> dict[str, Any]:
    return {**WebhookSerializer(endpoint).data, "secret": secret}


def _demand_public_address(data: Any) -> None:
    """Raise ValidationError where the body names an address that nothing may be sent to; its shape is not ours."""
    url = data.get("url") if isinstance(data, dict) else None
    if not isinstance(url, str) or not 0 < len(url) <= LONGEST_URL:
        return
    try:
        endpoints.demand_public_address(url)
    except NotFetched as error:
        raise ValidationError({"url": [f"Not an address for webhooks: {error.reason}."]}, code=error.code) from error


@extend_schema(tags=["events and webhooks"])
class WebhookDeliveryViewSet(ApiViewSet, ListModelMixin):
    """What was sent to an endpoint, and what waits."""

    queryset = WebhookDelivery.objects.select_related("event")
    serializer_class = WebhookDeliverySerializer
    pagination_class = NewestFirstCursorPagination
    permission_classes = (staff_with("common.view_webhookdelivery"),)

    def get_queryset(self) -> QuerySet[WebhookDelivery]:
        deliveries: QuerySet[WebhookDelivery] = super().get_queryset()
        return deliveries.filter(endpoint=get_object_or_404(WebhookEndpoint, pk=self.kwargs.get("pk")))
