"""The addresses of imports and exports, below /api/v1/."""

from typing import Any

from django.urls import URLPattern, URLResolver, path

from common.api.jobs.views import ExportJobViewSet, ImportJobViewSet

Actions = dict[str, Any]

READ_OR_ADD: Actions = {"get": "list", "post": "create"}
ONE: Actions = {"get": "retrieve"}

urlpatterns: list[URLPattern | URLResolver] = [
    path("imports/", ImportJobViewSet.as_view(READ_OR_ADD), name="imports"),
    path("imports/<int:pk>/", ImportJobViewSet.as_view(ONE), name="import"),
    path("imports/<int:pk>/changes/", ImportJobViewSet.as_view({"get": "changes"}), name="import-changes"),
    path("imports/<int:pk>/refused/", ImportJobViewSet.as_view({"get": "refused"}), name="import-refused"),
    path("imports/<int:pk>/confirm/", ImportJobViewSet.as_view({"post": "confirm"}), name="import-confirm"),
    path("imports/<int:pk>/cancel/", ImportJobViewSet.as_view({"post": "cancel"}), name="import-cancel"),
    path("imports/<int:pk>/undo/", ImportJobViewSet.as_view({"post": "undo"}), name="import-undo"),
    path("exports/", ExportJobViewSet.as_view(READ_OR_ADD), name="exports"),
    path("exports/<int:pk>/", ExportJobViewSet.as_view(ONE), name="export"),
    path("exports/<int:pk>/file/", ExportJobViewSet.as_view({"get": "file"}), name="export-file"),
]
