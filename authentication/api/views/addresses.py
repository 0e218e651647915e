"""The caller's address book."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.request import Request
from rest_framework.response import Response

from authentication.api.serializers.addresses import AddressSerializer
from authentication.api.views.base import user_of
from authentication.errors import AddressBookFull
from authentication.models import Address, User
from authentication.services import addresses
from common.api.views import ApiViewSet


class AddressViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """The caller's addresses, the default first; a stranger's do not exist."""

    refusals: ClassVar = {
        "create": (AddressBookFull,),
    }
    queryset = Address.objects.none()
    serializer_class = AddressSerializer
    http_method_names = ("get", "post", "patch", "delete", "head", "options")

    def get_queryset(self) -> QuerySet[Address]:
        return Address.objects.of(self.request.user) if isinstance(self.request.user, User) else self.queryset

    @extend_schema(request=AddressSerializer, responses={201: AddressSerializer})
    def create(self, request: Request) -> Response:
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        address = addresses.add_address(user_id=user_of(request).pk, fields=dict(form.validated_data))
        return Response(self.get_serializer(address).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=AddressSerializer, responses=AddressSerializer)
    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        found = self.get_object()
        form = self.get_serializer(found, data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        changes = dict(form.validated_data)
        address = addresses.change_address(user_id=user_of(request).pk, address_id=found.pk, changes=changes)
        return Response(self.get_serializer(address).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, **kwargs: Any) -> Response:
        addresses.remove_address(user_id=user_of(request).pk, address_id=self.get_object().pk)
        return Response(status=status.HTTP_204_NO_CONTENT)
