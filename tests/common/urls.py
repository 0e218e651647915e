"""Addresses that exist only to test what views share."""

from datetime import date
from typing import Any

from django.contrib.auth.models import Group
from django.db import OperationalError, connection
from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from authentication.models import User
from common.api.deprecation.declaring import Deprecated
from common.api.serializers import MoneyField, StrictSerializer
from common.api.views import ApiView
from common.errors import DomainError
from config.urls import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


class PartSerializer(StrictSerializer):
    amount = MoneyField()


class ThingSerializer(StrictSerializer):
    name = serializers.CharField(max_length=20)
    made_by = serializers.CharField(read_only=True)
    parts = PartSerializer(many=True, required=False)


class ThingView(ApiView):
    """Makes a group per POST, so that a test sees how often work was done."""

    permission_classes = [AllowAny]
    query_params = ("known",)
    etag = True

    def get(self, request: Request) -> Response:
        return Response({"groups": Group.objects.count()})

    def post(self, request: Request) -> Response:
        serializer = ThingSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        name = serializer.validated_data["name"]
        Group.objects.create(name=name)
        if name == "refused":
            raise OutOfLuck(luck=0)
        return Response({"id": Group.objects.get(name=name).pk, "name": name}, status=201)


class OldSerializer(StrictSerializer):
    name = serializers.CharField()
    made_by = serializers.CharField(required=False)


class OutOfLuck(DomainError):
    code = "out_of_luck"
    title = "Not today"


class BrokenView(ApiView):
    permission_classes = [AllowAny]

    def get(self, request: Request) -> Response:
        raise RuntimeError("a bug")


class NoDatabaseView(ApiView):
    permission_classes = [AllowAny]

    def get(self, request: Request) -> Response:
        raise OperationalError("server closed the connection")


class TwinView(ApiView):
    """Writes what a concurrent request has written or refers to what it removed, or a number that no column holds."""

    permission_classes = [AllowAny]

    def post(self, request: Request) -> Response:
        if request.data == {"what": "twin"}:
            Group.objects.bulk_create([Group(name="twin"), Group(name="twin")])
        with connection.cursor() as cursor:
            if request.data == {"what": "gone"}:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                Group.permissions.through.objects.create(group_id=0, permission_id=0)
            cursor.execute("SELECT 1::int + 2147483647")
        return Response()


class MeView(ApiView):
    def get(self, request: Request) -> Response:
        user: Any = request.user
        assert isinstance(user, User)
        return Response({"id": user.pk})


class OldView(ApiView):
    """Deprecated whole for reading, and in a field for writing; one parameter of it was before."""

    permission_classes = [AllowAny]
    query_params = ("colour", "color")
    deprecated = {
        "GET": Deprecated(
            date(2026, 3, 1), date(2026, 9, 1), successor="/api/v1/things/", link="https://shop.example/docs/upgrading"
        ),
        "GET ?colour": Deprecated(date(2025, 1, 1)),
        "POST .made_by": Deprecated(date(2026, 2, 1)),
    }

    @extend_schema(parameters=[OpenApiParameter("colour"), OpenApiParameter("color")], responses=ThingSerializer)
    def get(self, request: Request) -> Response:
        return Response({})

    @extend_schema(request=OldSerializer, responses={201: OldSerializer})
    def post(self, request: Request) -> Response:
        return Response(request.data, status=201)


urlpatterns = [
    path("old/", OldView.as_view()),
    path("things/", ThingView.as_view()),
    path("broken/", BrokenView.as_view()),
    path("no-database/", NoDatabaseView.as_view()),
    path("twin/", TwinView.as_view()),
    path("me/", MeView.as_view()),
]
