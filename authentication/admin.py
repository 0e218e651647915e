"""Accounts in the admin site: users, roles, addresses and what was handed out to them.

Only superusers give rights or touch those who have any, so that nobody grants what they lack or takes over an
account that may do more.
"""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.options import InlineModelAdmin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from unfold.admin import TabularInline
from unfold.decorators import action, display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from authentication.models import Address, OneTimeToken, RefreshToken, User
from authentication.services import privacy, sessions
from common.admin_bases import AuditedAdmin, ReadOnlyAdmin, locked_for_change

RIGHTS = ("is_staff_member", "is_staff", "is_superuser", "groups", "user_permissions")

admin.site.unregister(Group)


def _is_superuser(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))


class AddressInline(TabularInline):
    """The address book; its owner keeps it."""

    model = Address
    extra = 0
    fields = ("full_name", "address_line1", "postal_code", "city", "state", "country", "is_default")
    readonly_fields = fields
    can_delete = False
    tab = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(User)
class UserAdmin(DjangoUserAdmin[User], AuditedAdmin):
    """Customers and staff; accounts are never deleted, since orders refer to them, but deactivated or erased."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("email", "full_name", "phone", "kind", "status", "date_joined", "last_login")
    list_filter = ("is_active", "is_staff_member", "is_staff", "is_superuser", "groups", "date_joined")
    search_fields = ("email", "username", "first_name", "last_name", "phone")
    ordering = ("-date_joined", "-id")
    date_hierarchy = "date_joined"
    readonly_fields = ("email_verified_at", "date_joined", "last_login", "erased_at")
    autocomplete_fields = ("groups",)
    filter_horizontal = ("user_permissions",)
    inlines = (AddressInline,)
    actions = ("end_sessions", "erase")
    actions_detail = ("read_audit",)
    fieldsets = (
        (None, {"fields": ("email", "username", "password", "is_active")}),
        ("Person", {"fields": ("first_name", "last_name", "phone", "additional_details")}),
        ("Rights", {"fields": RIGHTS}),
        ("Times", {"fields": ("email_verified_at", "date_joined", "last_login", "erased_at")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "username", "first_name", "last_name", "password1", "password2")}),)

    def get_inlines(self, request: HttpRequest, obj: Any) -> tuple[type[InlineModelAdmin[Any, Any]], ...]:
        return self.inlines if obj else ()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.readonly_fields if _is_superuser(request) else (*self.readonly_fields, *RIGHTS)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> User | None:
        user: User | None = locked_for_change(request, super().get_object(request, object_id, from_field))
        return user

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Nobody fills an erased account again, and only superusers change one that has rights."""
        if obj is not None and (obj.erased_at or (obj.has_rights() and not _is_superuser(request))):
            return False
        return bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002 - Django's name
        if not _is_superuser(request):
            raise PermissionDenied
        with transaction.atomic():
            response: HttpResponse = super().user_change_password(request, id, form_url)
        return response

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """A new address is unproven, whoever typed it; the sessions of a closed account never come back."""
        if change and "email" in form.changed_data:
            obj.email_verified_at = None
        if change and not obj.is_active:
            obj.session_generation += 1
        super().save_model(request, obj, form, change)

    @display(description="Name")
    def full_name(self, user: User) -> str:
        return user.get_full_name()

    @display(description="Kind", label={"Superuser": "danger", "Staff": "info"})
    def kind(self, user: User) -> str:
        if user.is_superuser:
            return "Superuser"
        return "Staff" if user.is_staff or user.is_staff_member else "Customer"

    @display(description="Status", ordering="is_active", label={"Active": "success", "Unproven": "warning"})
    def status(self, user: User) -> str:
        if not user.is_active:
            return "Erased" if user.erased_at else "Inactive"
        return "Active" if user.email_verified_at else "Unproven"

    @action(description="Sign out everywhere", permissions=["change"])
    def end_sessions(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        users = [user for user in queryset.filter(is_active=True) if self.has_change_permission(request, user)]
        for user in users:
            sessions.end_all_sessions(user_id=user.pk)
        self.message_user(request, f"{len(users)} signed out everywhere.")

    @action(description="Erase the person (deactivated accounts only; for good)", permissions=["change"])
    def erase(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        if not _is_superuser(request):
            raise PermissionDenied
        users = list(queryset.filter(is_active=False))
        for user in users:
            privacy.erase_account(user_id=user.pk)
        left_out = queryset.filter(is_active=True).count()
        if left_out:
            self.message_user(request, f"{left_out} are active: deactivate them first.", messages.WARNING)
        self.message_user(request, f"{len(users)} erased.")


@admin.register(Group)
class RoleAdmin(DjangoGroupAdmin, AuditedAdmin):
    """Roles; `manage.py sync_roles` sets the shop's own to what authentication/roles.py says."""

    search_fields = ("name",)
    list_display = ("name", "permission_count", "member_count")
    actions_detail = ("read_audit",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return _is_superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_superuser(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_superuser(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        counts = {"permissions_held": Count("permissions", distinct=True), "members": Count("user", distinct=True)}
        groups: QuerySet[Group] = super().get_queryset(request).annotate(**counts)
        return groups

    @display(description="Permissions", ordering="permissions_held")
    def permission_count(self, group: Group) -> int:
        return int(getattr(group, "permissions_held", 0))

    @display(description="Members", ordering="members")
    def member_count(self, group: Group) -> int:
        return int(getattr(group, "members", 0))


@admin.register(Address)
class AddressAdmin(ReadOnlyAdmin):
    """Every address book; owners keep their own."""

    list_display = ("user", "full_name", "address_line1", "postal_code", "city", "state", "country", "is_default")
    list_filter = ("is_default", "country")
    list_select_related = ("user",)
    search_fields = ("user__email", "full_name", "company", "address_line1", "city", "postal_code")
    ordering = ("-id",)


@admin.register(RefreshToken)
class RefreshTokenAdmin(ReadOnlyAdmin):
    """Sessions; the token itself is known to its holder only."""

    list_display = ("user", "state", "created_at", "expires_at", "used_at", "revoked_at")
    list_filter = ("created_at", "revoked_at")
    list_select_related = ("user",)
    search_fields = ("user__email",)
    ordering = ("-id",)
    fields = ("user", "family", "created_at", "expires_at", "used_at", "revoked_at")

    @display(description="State", label={"Open": "success", "Used": "info", "Ended": "danger"})
    def state(self, token: RefreshToken) -> str:
        if token.revoked_at:
            return "Ended"
        if token.used_at:
            return "Used"
        return "Open" if token.expires_at > timezone.now() else "Expired"


@admin.register(OneTimeToken)
class OneTimeTokenAdmin(ReadOnlyAdmin):
    """Links asked for and mailed; neither their secrets nor waiting accounts are shown."""

    list_display = ("email", "purpose", "user", "created_at", "expires_at", "used_at")
    list_filter = ("purpose", "created_at")
    list_select_related = ("user",)
    search_fields = ("email", "user__email")
    ordering = ("-id",)
    fields: ClassVar = ("purpose", "user", "email", "created_at", "expires_at", "used_at")
