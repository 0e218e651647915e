"""The addresses of webhooks, below /api/v1/."""

from typing import Any

from django.urls import path

from common.api.webhooks.views import WebhookDeliveryViewSet, WebhookViewSet

_one: Any = {"get": "retrieve", "put": "update", "patch": "partial_update", "delete": "destroy"}

urlpatterns = [
    path("webhooks/", WebhookViewSet.as_view({"get": "list", "post": "create"}), name="webhooks"),
    path("webhooks/<int:pk>/", WebhookViewSet.as_view(_one), name="webhook"),
    path("webhooks/<int:pk>/deliveries/", WebhookDeliveryViewSet.as_view({"get": "list"}), name="webhook-deliveries"),
    path("webhooks/<int:pk>/deliver-again/", WebhookViewSet.as_view({"post": "again"}), name="webhook-deliver-again"),
    path("webhooks/<int:pk>/resume/", WebhookViewSet.as_view({"post": "resume"}), name="webhook-resume"),
    path("webhooks/<int:pk>/rotate-secret/", WebhookViewSet.as_view({"post": "rotate"}), name="webhook-rotate-secret"),
]
