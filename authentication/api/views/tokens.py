"""Signing in, refreshing and signing out."""

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from authentication.api.serializers.sessions import (
    RefreshSerializer,
    SignInSerializer,
    SignOutEverywhereSerializer,
    TokenPairSerializer,
)
from authentication.api.views.base import AuthView, PublicAuthView
from authentication.errors import InvalidCredentials, TokenNotValid
from authentication.models import User
from authentication.services import sessions
from common.api.limits import Limit
from common.client import client_network
from common.limits.policies import Scope


class TokenView(PublicAuthView):
    """Sign in by e-mail address or user name."""

    refusals: ClassVar = {
        "post": (InvalidCredentials,),
    }
    limits = {"POST": (Limit(Scope.LOGIN),)}

    @extend_schema(operation_id="auth_token", request=SignInSerializer, responses=TokenPairSerializer)
    def post(self, request: Request) -> Response:
        form = SignInSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        fields = form.validated_data
        pair = sessions.sign_in(
            login=fields.get("email") or fields["username"],
            password=fields["password"],
            network=client_network(request),
        )
        return Response(TokenPairSerializer(pair).data)


class RefreshTokenView(PublicAuthView):
    """Exchange a refresh token for a new pair; it works once, and a repeat ends the session."""

    refusals: ClassVar = {
        "post": (TokenNotValid,),
    }

    @extend_schema(operation_id="auth_token_refresh", request=RefreshSerializer, responses=TokenPairSerializer)
    def post(self, request: Request) -> Response:
        form = RefreshSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        pair = sessions.refresh_session(refresh=form.validated_data["refresh"])
        return Response(TokenPairSerializer(pair).data)


class LogoutView(PublicAuthView):
    """End the session that the refresh token belongs to."""

    @extend_schema(operation_id="auth_logout", request=RefreshSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        form = RefreshSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        sessions.end_session(refresh=form.validated_data["refresh"])
        return Response(status=status.HTTP_204_NO_CONTENT)


class LogoutAllView(AuthView):
    """End every session of the caller, who is known by the bearer's token or by a refresh token that works."""

    permission_classes = (AllowAny,)

    @extend_schema(operation_id="auth_logout_all", request=SignOutEverywhereSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        form = SignOutEverywhereSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        user = request.user if isinstance(request.user, User) else None
        if user is None and "refresh" in form.validated_data:
            user = sessions.find_owner(refresh=form.validated_data["refresh"])
        if user is None:
            raise NotAuthenticated
        sessions.end_all_sessions(user_id=user.pk)
        return Response(status=status.HTTP_204_NO_CONTENT)
