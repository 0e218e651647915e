"""Who changed what, through which door, for staff with `common.view_auditentry`."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from common.api.audit.serializers import AuditPageSerializer, ReadAuditSerializer, as_cursor
from common.api.permissions import staff_with
from common.api.views import ApiView
from common.audit import trail


@extend_schema(tags=["audit: staff"])
class AuditView(ApiView):
    """The audit."""

    permission_classes = (staff_with("common.view_auditentry"),)
    query_params = tuple(ReadAuditSerializer().fields)

    @extend_schema(parameters=[ReadAuditSerializer], responses=AuditPageSerializer)
    def get(self, request: Request) -> Response:
        """Changes of prices, stock, rights, orders and refunds, the newest first."""
        asked = ReadAuditSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        lines, position = trail.read(
            wanted=asked.wanted(),
            position=asked.validated_data.get("cursor", {}),
            size=asked.validated_data["page_size"],
        )
        here = request.build_absolute_uri()
        following = None if position is None else replace_query_param(here, "cursor", as_cursor(position))
        return Response(AuditPageSerializer({"next": following, "results": lines}).data)
