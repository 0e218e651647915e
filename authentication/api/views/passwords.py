"""Changing a password, and choosing a new one by a mailed link."""

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from authentication.api.serializers.accounts import AcceptedSerializer
from authentication.api.serializers.sessions import (
    ChangePasswordSerializer,
    RequestResetSerializer,
    ResetPasswordSerializer,
    TokenPairSerializer,
)
from authentication.api.views.base import AuthView, PublicAuthView, user_of
from authentication.services import passwords
from common.api.limits import Limit, by_address, by_user
from common.limits.policies import Scope

RESET_ASKED = "If the address belongs to an account, a mail with a link is on its way to it."


class ChangePasswordView(AuthView):
    """Change the password; every session ends, and the answer is a new one."""

    limits = {"POST": (Limit(Scope.LOGIN, by_user),)}

    @extend_schema(operation_id="auth_password_change", request=ChangePasswordSerializer, responses=TokenPairSerializer)
    def post(self, request: Request) -> Response:
        form = ChangePasswordSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        pair = passwords.change_password(user_id=user_of(request).pk, **form.validated_data)
        return Response(TokenPairSerializer(pair).data)


class RequestResetView(PublicAuthView):
    """Ask for a link by mail; the answer tells nobody who has an account."""

    limits = {"POST": (Limit(Scope.PASSWORD_RESET, by_address),)}

    @extend_schema(
        operation_id="auth_password_reset", request=RequestResetSerializer, responses={202: AcceptedSerializer}
    )
    def post(self, request: Request) -> Response:
        form = RequestResetSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        passwords.request_reset(email=form.validated_data["email"])
        return Response({"detail": RESET_ASKED}, status=status.HTTP_202_ACCEPTED)


class ResetPasswordView(PublicAuthView):
    """Choose a new password by the mailed link; every session ends."""

    @extend_schema(operation_id="auth_password_reset_confirm", request=ResetPasswordSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        form = ResetPasswordSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        passwords.reset_password(**form.validated_data)
        return Response(status=status.HTTP_204_NO_CONTENT)
