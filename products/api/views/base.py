"""What the views of the catalogue share: who may do what, by name of the action, and how answers may be cached."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.cache import patch_vary_headers
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request

from common.api.conditional import PUBLIC_VARY, public_cache_control
from common.api.permissions import staff_with
from common.api.views import ApiViewSet


class CatalogueViewSet(ApiViewSet):
    """Everybody reads; `staff_actions` names the permission that each other action needs.

    What a guest reads may be cached by anybody as long as it is asked for again; what a bearer reads, by them only.
    """

    staff_actions: ClassVar[Mapping[str, str]] = {}
    etag = True
    permission_classes = (AllowAny,)

    def get_permissions(self) -> list[Any]:
        permission = self.staff_actions.get(self.action or "")
        classes: list[type[BasePermission]] = [staff_with(permission)] if permission else [*self.permission_classes]
        return [each() for each in classes]

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        is_read = request.method in {"GET", "HEAD"}
        if is_read and response.status_code in {200, 304} and not request.headers.get("Authorization"):
            response.setdefault("Cache-Control", public_cache_control())
        response = super().finalize_response(request, response, *args, **kwargs)
        if is_read:
            patch_vary_headers(response, PUBLIC_VARY.split(", "))
        return response
