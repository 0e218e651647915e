"""Endpoints of webhooks and what was sent to them; made over the API, as the secret is shown to a program only."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import action, display

from common.admin_bases import ReadOnlyAdmin, go_to
from common.errors import DomainError
from common.models import WebhookDelivery, WebhookEndpoint
from common.webhooks import endpoints, fan_out
from common.webhooks.fan_out import Wanted

COLOURS = {
    "works": "success",
    "inactive": "info",
    "fails": "warning",
    "paused": "danger",
    "taken": "success",
    "on its way": "info",
    "waits": "info",
    "to be tried again": "warning",
}


class _ChangingEndpoints(ReadOnlyAdmin):
    """What sends again needs the right to change endpoints."""

    def has_send_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether the user may have events sent."""
        return request.user.has_perm("common.change_webhookendpoint")


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(_ChangingEndpoints):
    """Who is told of events, and whether they take them."""

    list_display = ("url", "description", "state", "failures", "paused_at", "created_at")
    list_filter = ("is_active", ("paused_at", admin.EmptyFieldListFilter))
    search_fields = ("url", "description")
    ordering = ("-id",)
    actions = ("resume_selected",)
    actions_detail = ("resume_one",)
    fields = (
        *("url", "description", "types", "is_active", "failures", "resting_until", "paused_at", "paused_reason"),
        *("former_secret_until", "created_at", "updated_at"),
    )

    @display(description="State", label=COLOURS)
    def state(self, endpoint: WebhookEndpoint) -> str:
        if not endpoint.is_active:
            return "inactive"
        if endpoint.paused_at:
            return "paused"
        return "fails" if endpoint.failures else "works"

    @action(
        description="Resume",
        permissions=["send"],
        icon="play_arrow",
        dialog={
            "title": "Send what waits?",
            "description": "All waiting events are sent at once, each with all of its attempts before it.",
            "form_class": None,
            "form_submit_text": "Resume",
        },
    )
    def resume_one(self, request: HttpRequest, form: Any, object_id: int) -> HttpResponse:
        _resume(request, object_id)
        return go_to(request, reverse("admin:common_webhookendpoint_changelist"))

    @action(description="Resume selected webhooks", permissions=["send"])
    def resume_selected(self, request: HttpRequest, selected: QuerySet[WebhookEndpoint]) -> None:
        for endpoint in selected.order_by("pk"):
            _resume(request, endpoint.pk)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(_ChangingEndpoints):
    """Events on their way to one endpoint each."""

    list_display = ("position", "event", "endpoint", "state", "attempts", "last_status", "last_error", "done_at")
    list_filter = ("endpoint", ("done_at", admin.EmptyFieldListFilter), ("last_attempt_at", RangeDateFilter))
    list_filter_submit = True
    list_select_related = ("event", "endpoint")
    search_fields = ("=resource", "=position")
    search_help_text = "What the event is of, such as order:AB12, or its id in the feed"
    show_full_result_count = False
    ordering = ("-id",)
    actions = ("deliver_selected_again",)

    @display(description="State", label=COLOURS)
    def state(self, delivery: WebhookDelivery) -> str:
        if delivery.done_at:
            return "taken"
        if delivery.sending_since:
            return "on its way"
        return "to be tried again" if delivery.failures else "waits"

    @action(description="Deliver selected events again", permissions=["send"])
    def deliver_selected_again(self, request: HttpRequest, selected: QuerySet[WebhookDelivery]) -> None:
        for delivery in selected.order_by("endpoint_id", "position", "pk"):
            _deliver_again(request, delivery)


def _resume(request: HttpRequest, endpoint_id: int) -> None:
    try:
        endpoint = endpoints.resume_endpoint(endpoint_id=endpoint_id)
    except DomainError as error:
        messages.error(request, f"Webhook {endpoint_id}: {error.detail}")
    else:
        messages.success(request, f"What waits for {endpoint.url} is sent.")


def _deliver_again(request: HttpRequest, delivery: WebhookDelivery) -> None:
    try:
        fan_out.deliver_again(endpoint_id=delivery.endpoint_id, wanted=Wanted(event=delivery.position))
    except DomainError as error:
        messages.error(request, f"Event {delivery.position}: {error.detail}")
    else:
        messages.success(request, f"Event {delivery.position} is sent again.")
