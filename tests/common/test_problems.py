"""Errors as problem documents, whoever raises them."""

from typing import Any

import pytest
from rest_framework.test import APIClient

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.common.urls")]


def assert_problem(response: Any, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["status"] == status
    assert body["code"] == code
    assert body["type"] == f"/api/problems/{code}/"
    assert body["request_id"] == response["X-Request-ID"]
    return body


def test_domain_error_carries_its_facts(guest: APIClient) -> None:
    body = assert_problem(guest.post("/things/", {"name": "refused"}), 409, "out_of_luck")

    assert body["title"] == "Not today"
    assert body["luck"] == 0


def test_unknown_and_read_only_fields_are_named_beside_the_others(guest: APIClient) -> None:
    response = guest.post("/things/", {"made_by": "me", "colour": "red"})

    body = assert_problem(response, 400, "invalid")
    assert {(error["field"], error["code"]) for error in body["errors"]} == {
        ("made_by", "unknown_field"),
        ("colour", "unknown_field"),
        ("name", "required"),
    }


def test_nested_fields_are_named_by_path(guest: APIClient) -> None:
    response = guest.post("/things/", {"name": "a", "parts": [{"amount": "1.00"}, {"amount": "1.001", "x": 1}]})

    body = assert_problem(response, 400, "invalid")
    assert {(error["field"], error["code"]) for error in body["errors"]} == {
        ("parts.1.amount", "max_decimal_places"),
        ("parts.1.x", "unknown_field"),
    }


def test_unknown_parameter_is_named(guest: APIClient) -> None:
    body = assert_problem(guest.get("/things/?known=1&nope=2"), 400, "unknown_field")

    assert [error["field"] for error in body["errors"]] == ["nope"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "malformed_json"),
        (b"\xff\xfe", "malformed_json"),
        (b'{"name": NaN}', "malformed_json"),
        (b"[" * 100_000, "malformed_json"),
        (b"[1]", "invalid"),
        (b"null", "invalid"),
        (b'"text"', "invalid"),
        (b'{"name": {"a": 1}}', "invalid"),
        (b'{"name": "a\\u0000b"}', "invalid"),
    ],
)
def test_hostile_json_is_refused(guest: APIClient, body: bytes, code: str) -> None:
    assert_problem(guest.post("/things/", body, content_type="application/json"), 400, code)


def test_body_over_the_limit_is_413(guest: APIClient) -> None:
    body = b'{"name": "' + b"a" * 1_000_001 + b'"}'

    assert_problem(guest.post("/things/", body, content_type="application/json"), 413, "body_too_large")


@pytest.mark.parametrize("length", ["x", "-1", "²", 5000 * "9"])
def test_a_length_that_is_no_number_is_400(guest: APIClient, length: str) -> None:
    assert_problem(guest.post("/things/", {}, CONTENT_LENGTH=length), 400, "malformed_request")


def test_other_content_type_is_415(guest: APIClient) -> None:
    assert_problem(guest.post("/things/", "a=b", content_type="text/plain"), 415, "unsupported_media_type")


def test_unacceptable_format_is_406(guest: APIClient) -> None:
    assert_problem(guest.get("/things/", headers={"Accept": "text/xml"}), 406, "not_acceptable")


def test_unknown_method_is_405_and_names_the_others(guest: APIClient) -> None:
    response = guest.delete("/things/")

    assert_problem(response, 405, "method_not_allowed")
    assert response["Allow"] == "GET, POST, HEAD, OPTIONS"


def test_missing_token_is_401(guest: APIClient) -> None:
    response = guest.get("/me/")

    assert_problem(response, 401, "not_authenticated")
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_forged_token_is_401(guest: APIClient) -> None:
    response = guest.get("/me/", headers={"Authorization": "Bearer a.b.c"})

    assert response.status_code == 401
    assert response["Content-Type"] == "application/problem+json"


def test_unknown_address_is_404(guest: APIClient) -> None:
    assert_problem(guest.get("/nowhere/"), 404, "not_found")


@pytest.mark.parametrize("address", ["/things/?known=%00", "/things/%00/"])
def test_nul_in_the_address_is_400(guest: APIClient, address: str) -> None:
    assert_problem(guest.get(address), 400, "malformed_request")


def test_a_bug_is_a_500_that_tells_nothing(guest: APIClient) -> None:
    guest.raise_request_exception = False

    response = guest.get("/broken/")

    assert_problem(response, 500, "internal_error")
    assert b"a bug" not in response.content


def test_a_lost_database_is_503(guest: APIClient) -> None:
    response = guest.get("/no-database/")

    assert_problem(response, 503, "unavailable")
    assert response["Retry-After"] == "1"


@pytest.mark.parametrize(
    ("what", "status", "code"), [("twin", 409, "conflict"), ("gone", 409, "conflict"), ("huge", 400, "invalid")]
)
def test_what_only_the_database_refuses_is_no_500(guest: APIClient, what: str, status: int, code: str) -> None:
    assert_problem(guest.post("/twin/", {"what": what}), status, code)


def test_request_id_is_taken_when_well_formed_and_made_when_not(guest: APIClient) -> None:
    assert guest.get("/things/", headers={"X-Request-ID": "order-page-12345"})["X-Request-ID"] == "order-page-12345"
    assert guest.get("/things/", headers={"X-Request-ID": "abc-1"})["X-Request-ID"] == "abc-1"
    assert "\n" not in guest.get("/things/", headers={"X-Request-ID": "bad id!"})["X-Request-ID"]
    assert len(guest.get("/things/", headers={"X-Request-ID": "bad id!"})["X-Request-ID"]) == 32


def test_etag_is_of_the_content_and_gives_304(guest: APIClient) -> None:
    first = guest.get("/things/")

    again = guest.get("/things/", headers={"If-None-Match": first["ETag"]})
    guest.post("/things/", {"name": "new"})
    changed = guest.get("/things/", headers={"If-None-Match": first["ETag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert changed.status_code == 200
    assert changed["ETag"] != first["ETag"]


@pytest.mark.parametrize("header", [{}, {"Idempotency-Key": "deep"}])
def test_a_body_nested_too_deep_is_refused(guest: APIClient, header: dict[str, str]) -> None:
    body = b'{"name": ' + b"[" * 51 + b"]" * 51 + b"}"

    refused = guest.post("/things/", body, content_type="application/json", headers=header)

    assert_problem(refused, 400, "malformed_json")
    assert "50 levels" in refused.json()["detail"]


def test_options_name_the_methods(superuser_client: APIClient) -> None:
    response = superuser_client.options("/things/")

    assert (response.status_code, response.content) == (204, b"")
    assert response["Allow"] == "GET, POST, HEAD, OPTIONS"


def test_an_unknown_method_is_405_whatever_the_parameters(guest: APIClient) -> None:
    assert_problem(guest.delete("/things/?nope=2"), 405, "method_not_allowed")


@pytest.mark.urls("config.urls")
def test_a_problem_is_json_where_the_view_answers_something_else(guest: APIClient) -> None:
    assert_problem(guest.post("/api/schema/"), 405, "method_not_allowed")


@pytest.mark.urls("config.urls")
@pytest.mark.parametrize(
    ("code", "text"), [("malformed_json", "The body is not valid JSON."), ("cart_empty", "The cart is empty")]
)
def test_the_page_behind_a_code_explains_it(guest: APIClient, code: str, text: str) -> None:
    assert text in guest.get(f"/api/problems/{code}/").content.decode()
