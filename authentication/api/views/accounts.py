"""The caller's own account: profile, e-mail address, export and end."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from authentication.api.serializers.accounts import (
    AcceptedSerializer,
    CloseAccountSerializer,
    LinkSerializer,
    RequestEmailChangeSerializer,
    UserSerializer,
)
from authentication.api.views.base import AuthView, PublicAuthView, user_of
from authentication.api.views.registration import MAIL_SENT
from authentication.services import accounts, privacy
from common.api.limits import Limit, by_address, by_user
from common.limits.policies import Scope


class MeView(AuthView):
    """The caller's profile."""

    limits = {"DELETE": (Limit(Scope.LOGIN, by_user),)}

    @extend_schema(operation_id="auth_me", responses=UserSerializer)
    def get(self, request: Request) -> Response:
        return Response(UserSerializer(request.user).data)

    @extend_schema(operation_id="auth_me_change", request=UserSerializer, responses=UserSerializer)
    def patch(self, request: Request) -> Response:
        form = UserSerializer(request.user, data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        user = accounts.update_profile(user_id=user_of(request).pk, changes=dict(form.validated_data))
        return Response(UserSerializer(user).data)

    @extend_schema(
        operation_id="auth_me_close",
        description="Close the account and erase the person; the body is `{password}`. Orders stay in the books.",
        responses={204: None},
    )
    def delete(self, request: Request) -> Response:
        form = CloseAccountSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        privacy.close_account(user_id=user_of(request).pk, password=form.validated_data["password"])
        return Response(status=status.HTTP_204_NO_CONTENT)


class ExportView(AuthView):
    """Everything held about the caller, in one document."""

    @extend_schema(operation_id="auth_me_export", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        document = privacy.export_account(user_id=user_of(request).pk)
        return Response(document, headers={"Content-Disposition": 'attachment; filename="account.json"'})


class RequestEmailChangeView(AuthView):
    """Ask for a link to a new address; the account keeps the old one until it is followed."""

    limits = {"POST": (Limit(Scope.LOGIN, by_user), Limit(Scope.PASSWORD_RESET, by_address))}

    @extend_schema(
        operation_id="auth_email_change", request=RequestEmailChangeSerializer, responses={202: AcceptedSerializer}
    )
    def post(self, request: Request) -> Response:
        form = RequestEmailChangeSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        accounts.request_email_change(user_id=user_of(request).pk, **form.validated_data)
        return Response({"detail": MAIL_SENT}, status=status.HTTP_202_ACCEPTED)


class ChangeEmailView(PublicAuthView):
    """Follow the link that was mailed to the new address."""

    @extend_schema(operation_id="auth_email_change_confirm", request=LinkSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        form = LinkSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        accounts.change_email(token=form.validated_data["token"])
        return Response(status=status.HTTP_204_NO_CONTENT)
