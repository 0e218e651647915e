"""API9:2023 Improper inventory management: no door that nobody knows of.

That document, resolver and permission table name the same routes is held by tests/contracts.
"""

import pytest
from rest_framework.test import APIClient

from products.models import Product
from tests.abuse.untouched import refused

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "path",
    [
        *("/api/v0/products/", "/api/v2/products/", "/api/products/", "/v1/products/", "/api/v1/"),
        *("/api/internal/", "/api/v1/users/", "/api/v1/admin/", "/api/v1/backups/", "/api/v1/debug/"),
        *("/graphql", "/actuator/health", "/server-status", "/__debug__/", "/.env", "/wp-login.php"),
    ],
)
def test_doors_of_other_versions_and_other_programs(guest: APIClient, path: str) -> None:
    refused(guest, "get", path, status=404, code="not_found")


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "PURGE", "PATCH", "GETS"])
def test_methods_that_no_route_has(guest: APIClient, product: Product, method: str) -> None:
    refused(guest, "generic", method, "/api/v1/products/", status=405, code="method_not_allowed")
