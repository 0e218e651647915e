"""Registering, and proving an e-mail address."""

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from authentication.api.serializers.accounts import (
    AcceptedSerializer,
    LinkSerializer,
    RegisteredSerializer,
    RegisterSerializer,
)
from authentication.api.views.base import PublicAuthView
from authentication.services import registration
from authentication.services.registration import NewAccount
from common.api.limits import Limit, by_address
from common.limits.policies import Scope

MAIL_SENT = "A mail with a link is on its way to the address; follow it to go on."


class RegisterView(PublicAuthView):
    """Open an account: at once where EMAIL_VERIFICATION is `optional`, else by a mailed link."""

    limits = {"POST": (Limit(Scope.REGISTER, by_address),)}

    @extend_schema(
        operation_id="auth_register",
        request=RegisterSerializer,
        responses={201: RegisteredSerializer, 202: AcceptedSerializer},
    )
    def post(self, request: Request) -> Response:
        form = RegisterSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        fields = dict(form.validated_data)
        password = fields.pop("password")
        account = NewAccount(**fields)
        if settings.EMAIL_VERIFICATION != "optional":
            registration.request_registration(account=account, password=password)
            return Response({"detail": MAIL_SENT}, status=status.HTTP_202_ACCEPTED)
        user, pair = registration.register(account=account, password=password)
        body = RegisteredSerializer({"user": user, "access": pair.access, "refresh": pair.refresh}).data
        return Response(body, status=status.HTTP_201_CREATED)


class VerifyEmailView(PublicAuthView):
    """Follow the link that proves an address; a waiting registration becomes an account."""

    @extend_schema(operation_id="auth_email_verify", request=LinkSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        form = LinkSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        registration.verify_email(token=form.validated_data["token"])
        return Response(status=status.HTTP_204_NO_CONTENT)
