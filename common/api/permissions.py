"""Who may do what: staff by model permission, read per request; everybody else by what the queryset shows."""

from typing import Any, ClassVar

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView


def is_api_staff(user: Any) -> bool:
    """Whether the user may act as staff in the API at all (`is_staff_member`, or superuser)."""
    return bool(user and user.is_authenticated and (user.is_staff_member or user.is_superuser))


def is_staff_with(user: Any, permission: str) -> bool:
    """Whether the user is API staff and holds the permission, such as `orders.view_order`."""
    return is_api_staff(user) and bool(user.has_perm(permission))


class _StaffPermission(BasePermission):
    permission: str

    def has_permission(self, request: Request, view: APIView) -> bool:
        return is_staff_with(request.user, self.permission)


def staff_with(permission: str) -> type[BasePermission]:
    """The permission class that lets in API staff who hold the permission."""
    return type("StaffPermission", (_StaffPermission,), {"permission": permission})


class StaffModelPermission(BasePermission):
    """Lets in API staff who hold the permission of the view's model for the method: view, add, change or delete."""

    verbs: ClassVar = {
        "GET": "view",
        "HEAD": "view",
        "OPTIONS": "view",
        "POST": "add",
        "PUT": "change",
        "PATCH": "change",
        "DELETE": "delete",
    }

    def has_permission(self, request: Request, view: APIView) -> bool:
        options = view.queryset.model._meta  # type: ignore[attr-defined]  # noqa: SLF001 - every such view has one
        verb = self.verbs.get(request.method or "", "change")
        return is_staff_with(request.user, f"{options.app_label}.{verb}_{options.model_name}")
