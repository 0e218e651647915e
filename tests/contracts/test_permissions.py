"""Who may call what: every operation against tests/contracts/permissions.csv, as every kind of caller.

`who` is `public`; `user` (signed in); `owner` (what is not yours does not exist, for guests with a token too); or the
model permission that API staff need. Who is refused has written nothing.
"""

import csv
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from authentication.roles import ROLES
from authentication.services.roles import sync_roles
from config.urls import urlpatterns
from tests.conftest import ApiClientFor
from tests.contracts.operations import Operation, operations
from tests.factories.authentication import UserFactory, staff_user

TABLE = Path(__file__).with_name("permissions.csv")

with TABLE.open() as file:
    ROWS = [(Operation(row["method"], row["path"]), row["who"]) for row in csv.DictReader(file)]

# What stands beside the API, by the beginning of its route: open to all, but for the admin, which has its own tests.
BESIDE = [
    "",
    "healthz",
    "readyz",
    "metrics",
    "api/problems/<str:code>/",
    "api/schema/",
    "api/docs/",
    "api/redoc/",
    "admin/login/",
    "admin/",
]

STAFF_ROWS = [row for row in ROWS if "." in row[1]]
PERMISSIONS = {who for _, who in STAFF_ROWS}
WRITES = ("INSERT", "UPDATE", "DELETE")


def call(client: APIClient, operation: Operation) -> int:
    with CaptureQueriesContext(connection) as captured:
        response = client.generic(
            operation.method,
            operation.address(),
            "{}",
            content_type="application/json",
            headers={"Idempotency-Key": "permission-table"},
        )
    assert response.status_code < 500
    if response.status_code in {401, 403}:
        assert [query["sql"] for query in captured.captured_queries if query["sql"].startswith(WRITES)] == []
    return response.status_code


def named(row: tuple[Operation, str]) -> str:
    return f"{row[0].method} {row[0].path}"


def test_every_operation_has_one_row() -> None:
    assert [operation for operation, _ in ROWS] == operations()


def test_what_stands_beside_the_api_is_listed() -> None:
    found = {str(route.pattern) for route in urlpatterns}

    assert found - {"api/v1/", "media/<path:path>"} == set(BESIDE)


@pytest.mark.django_db
@pytest.mark.parametrize("row", ROWS, ids=named)
def test_guest(row: tuple[Operation, str], guest: APIClient) -> None:
    operation, who = row

    status = call(guest, operation)

    if who in {"public", "owner"}:
        assert status not in {401, 403}
    else:
        assert status == 401


@pytest.mark.django_db
@pytest.mark.parametrize("row", ROWS, ids=named)
def test_customer(row: tuple[Operation, str], user_client: APIClient) -> None:
    operation, who = row

    status = call(user_client, operation)

    if "." in who:
        assert status == 403
    else:
        assert status not in {401, 403}


@pytest.mark.django_db
@pytest.mark.parametrize("row", STAFF_ROWS, ids=named)
def test_staff_with_every_other_permission(row: tuple[Operation, str], client_for: ApiClientFor) -> None:
    operation, who = row

    assert call(client_for(staff_user(*PERMISSIONS - {who})), operation) == 403


@pytest.mark.django_db
@pytest.mark.parametrize("row", STAFF_ROWS, ids=named)
def test_permission_without_being_staff(row: tuple[Operation, str], client_for: ApiClientFor) -> None:
    operation, who = row

    assert call(client_for(staff_user(who, is_staff_member=False)), operation) == 403


@pytest.mark.django_db
@pytest.mark.parametrize("row", STAFF_ROWS, ids=named)
def test_staff_with_the_permission(row: tuple[Operation, str], client_for: ApiClientFor) -> None:
    operation, who = row

    assert call(client_for(staff_user(who)), operation) not in {401, 403}


@pytest.mark.django_db
@pytest.mark.parametrize("role", [*ROLES, "superuser"])
def test_each_role_at_every_operation(role: str, client_for: ApiClientFor) -> None:
    sync_roles()
    user = UserFactory.create(is_staff_member=True, is_superuser=role == "superuser")
    user.groups.set(Group.objects.filter(name=role))
    client = client_for(user)

    statuses = {row: call(client, row[0]) for row in STAFF_ROWS}

    let_in = {row for row in STAFF_ROWS if role == "superuser" or row[1] in ROLES[role]}
    assert {row for row, status in statuses.items() if status not in {401, 403}} == let_in
    assert all(statuses[row] == 403 for row in STAFF_ROWS if row not in let_in)


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_other_methods_open_no_door_of_staff(method: str, user_client: APIClient, guest: APIClient) -> None:
    """HEAD is refused as GET is; OPTIONS tells at most which methods there are."""
    for path in {row[0].path for row in STAFF_ROWS if row[0].method == "GET"}:
        operation = Operation(method, path)
        for client in (user_client, guest):
            response = client.generic(method, operation.address())
            allowed = {401, 403} if method == "HEAD" else {204, 401, 403}
            assert response.status_code in allowed, path


@pytest.mark.django_db
def test_without_the_last_slash_nothing_is_done(user_client: APIClient) -> None:
    for operation, _who in ROWS:
        response = user_client.generic(operation.method, operation.address().rstrip("/"), "{}", "application/json")
        assert response.status_code in {301, 404}, operation
