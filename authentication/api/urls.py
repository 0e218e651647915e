"""The addresses of the authentication application, below /api/v1/."""

from django.urls import URLPattern, URLResolver, path

from authentication.api.views.accounts import (
    ChangeEmailView,
    ExportView,
    MeView,
    RequestEmailChangeView,
)
from authentication.api.views.addresses import AddressViewSet
from authentication.api.views.passwords import ChangePasswordView, RequestResetView, ResetPasswordView
from authentication.api.views.registration import RegisterView, VerifyEmailView
from authentication.api.views.tokens import LogoutAllView, LogoutView, RefreshTokenView, TokenView

urlpatterns: list[URLPattern | URLResolver] = [
    path("auth/register/", RegisterView.as_view(), name="auth-register"),
    path("auth/token/", TokenView.as_view(), name="auth-token"),
    path("auth/token/refresh/", RefreshTokenView.as_view(), name="auth-token-refresh"),
    path("auth/logout/", LogoutView.as_view(), name="auth-logout"),
    path("auth/logout-all/", LogoutAllView.as_view(), name="auth-logout-all"),
    path("auth/password/change/", ChangePasswordView.as_view(), name="auth-password-change"),
    path("auth/password/reset/", RequestResetView.as_view(), name="auth-password-reset"),
    path("auth/password/reset/confirm/", ResetPasswordView.as_view(), name="auth-password-reset-confirm"),
    path("auth/email/verify/", VerifyEmailView.as_view(), name="auth-email-verify"),
    path("auth/email/change/", RequestEmailChangeView.as_view(), name="auth-email-change"),
    path("auth/email/change/confirm/", ChangeEmailView.as_view(), name="auth-email-change-confirm"),
    path("auth/me/", MeView.as_view(), name="auth-me"),
    path("auth/me/export/", ExportView.as_view(), name="auth-me-export"),
    path("addresses/", AddressViewSet.as_view({"get": "list", "post": "create"}), name="addresses"),
    path(
        "addresses/<int:pk>/",
        AddressViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
        name="address",
    ),
]
