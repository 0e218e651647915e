"""Pages of products, which say so where a search stands for another one."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common.api.pagination import PagePagination

DID_YOU_MEAN = {
    "type": "string",
    "description": "Only where `q` finds nothing as it was typed: the nearest text, whose results these are.",
}


class ProductPagination(PagePagination):
    """`{count, next, previous, results}`, and `did_you_mean` where the results are those of the nearest text."""

    def paginate_queryset(self, queryset: Any, request: Request, view: APIView | None = None) -> list[Any] | None:
        with queryset.by_index():
            return super().paginate_queryset(queryset, request, view)

    def get_paginated_response(self, data: Any) -> Response:
        response = super().get_paginated_response(data)
        found: Any = self.page and self.page.paginator.object_list
        if found and found.did_you_mean:
            response.data["did_you_mean"] = found.did_you_mean
        return response

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        described: dict[str, Any] = super().get_paginated_response_schema(schema)
        described["properties"]["did_you_mean"] = DID_YOU_MEAN
        return described
