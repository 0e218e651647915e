"""Pages of products, which say so where a search stands for another one."""

from typing import Any

from common.api.pagination import PagePagination

DID_YOU_MEAN = {
    "type": "string",
    "description": "Only where `q` finds nothing as it was typed: the nearest text, whose results these are.",
}


class ProductPagination(PagePagination):
    """`{count, next, previous, results}`, and `did_you_mean` where the results are those of the nearest text."""

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        described: dict[str, Any] = super().get_paginated_response_schema(schema)
        described["properties"]["did_you_mean"] = DID_YOU_MEAN
        return described
