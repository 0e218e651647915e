"""imports/: a file is sent, checked, looked at, confirmed, imported and undone."""

import csv
import io
from decimal import Decimal
from typing import Any

import pytest
from rest_framework.test import APIClient

from authentication.models import User
from common.models import ImportBatch, ImportJob
from products.models import Product
from tests.conftest import ApiClientFor
from tests.factories.authentication import staff_user
from tests.factories.products import ProductFactory
from tests.imports.jobs.conftest import CLERK, TWO_GOOD_ONE_BAD, URL, Upload, send, work

pytestmark = pytest.mark.django_db


def lines(response: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode())))


def test_a_file_is_checked_before_anything_changes(upload: Upload, clerk_client: APIClient, clerk: User) -> None:
    ProductFactory.create(sku="A", name="Apple", price=1)

    sent = upload()
    assert work() == 1

    assert sent.status_code == 202
    job = clerk_client.get(f"{URL}{sent.json()['id']}/").json()
    assert (sent.json()["status"], job["status"], job["format"]) == ("uploaded", "checked", "native")
    assert (job["file_name"], job["size"], job["actor"]) == ("products.csv", len(TWO_GOOD_ONE_BAD), clerk.email)
    assert job["counts"] == {
        "created": 1,
        "updated": 1,
        "unchanged": 0,
        "skipped": 0,
        "refused": 1,
        "stock_differs": 0,
    }
    assert job["progress"] == {"done": len(TWO_GOOD_ONE_BAD), "total": len(TWO_GOOD_ONE_BAD)}
    assert Product.objects.values_list("sku", "price").get() == ("A", Decimal("1.00"))
    assert not ImportBatch.objects.exists()


def test_the_difference_is_told_row_by_row(upload: Upload, clerk_client: APIClient) -> None:
    ProductFactory.create(sku="A", name="Apple", price=1)
    sent = upload()
    work()

    page = clerk_client.get(f"{URL}{sent.json()['id']}/changes/?page_size=1").json()

    assert page["count"] == 2
    assert page["results"] == [
        {"line": 2, "action": "update", "kind": "product", "label": "A", "values": {"price": [1, 1.5]}}
    ]
    assert page["next"].endswith("page=2&page_size=1")


def test_refused_rows_come_back_to_be_mended(upload: Upload, clerk_client: APIClient) -> None:
    sent = upload()
    work()

    response = clerk_client.get(f"{URL}{sent.json()['id']}/refused/", headers={"Accept": "text/csv"})

    assert (response["Cache-Control"], response["Content-Type"]) == ("no-store", "text/csv; charset=utf-8")
    assert lines(response) == [
        ["error", "sku", "name", "price"],
        ["price: not a number [not_a_number]", "C", "Cherry", "dear"],
    ]
    assert ImportJob.objects.get().refusals.values_list("line", "column", "value", "code").get() == (
        *(4, "price", "dear", "not_a_number"),
    )


def test_confirmed_it_is_imported_in_the_name_of_who_confirmed(
    upload: Upload, clerk_client: APIClient, clerk: User
) -> None:
    job_id = upload().json()["id"]
    work()

    confirmed = clerk_client.post(f"{URL}{job_id}/confirm/")
    assert work() == 1

    job = clerk_client.get(f"{URL}{job_id}/").json()
    batch = ImportBatch.objects.get()
    assert (confirmed.status_code, confirmed.json()["status"]) == (200, "confirmed")
    assert (job["status"], job["batch"], job["is_undone"]) == ("done", batch.id, False)
    assert (batch.actor, batch.file_name) == (clerk, "products.csv")
    assert set(Product.objects.values_list("sku", flat=True)) == {"A", "B"}


def test_with_confirm_it_is_imported_at_once(upload: Upload, clerk_client: APIClient) -> None:
    job_id = upload(confirm="true").json()["id"]

    assert work() == 1

    job = clerk_client.get(f"{URL}{job_id}/").json()
    assert (job["status"], job["counts"]["created"], job["counts"]["refused"]) == ("done", 2, 1)
    assert Product.objects.count() == 2


def test_undone_it_is_as_before_and_only_once(upload: Upload, clerk_client: APIClient) -> None:
    job_id = upload(confirm="true").json()["id"]
    work()

    undone = clerk_client.post(f"{URL}{job_id}/undo/")
    again = clerk_client.post(f"{URL}{job_id}/undo/")

    assert (undone.status_code, undone.json()["is_undone"]) == (200, True)
    assert (again.status_code, again.json()["code"]) == (409, "undo_refused")
    assert not Product.objects.exists()


def test_what_changed_nothing_cannot_be_undone(upload: Upload, clerk_client: APIClient) -> None:
    job_id = upload(b"sku,name,price\n", confirm="true").json()["id"]
    work()

    response = clerk_client.post(f"{URL}{job_id}/undo/")

    assert (response.status_code, response.json()["code"]) == (409, "undo_refused")


def test_moves_begin_where_they_may(upload: Upload, clerk_client: APIClient) -> None:
    job_id = upload().json()["id"]

    early = clerk_client.post(f"{URL}{job_id}/confirm/")
    cancelled = clerk_client.post(f"{URL}{job_id}/cancel/")
    late = clerk_client.post(f"{URL}{job_id}/confirm/")
    again = clerk_client.post(f"{URL}{job_id}/cancel/")

    assert [each.status_code for each in (early, cancelled, late, again)] == [409, 200, 409, 409]
    assert {each.json()["code"] for each in (early, late, again)} == {"invalid_transition"}
    assert late.json()["current_status"] == "cancelled"
    assert work() == 0


def test_a_file_that_cannot_be_taken_fails_with_its_reason(upload: Upload, clerk_client: APIClient) -> None:
    job_id = upload(b"sku,colour\nA,red\n").json()["id"]
    work()

    job = clerk_client.get(f"{URL}{job_id}/").json()

    assert (job["status"], job["error"]["code"]) == ("failed", "file_refused")
    assert "colour" in job["error"]["detail"]
    assert clerk_client.get(f"{URL}{job_id}/refused/").status_code == 404


def test_the_file_is_named_as_people_know_it(upload: Upload) -> None:
    job_id = upload("sku,name,price\nA,é,1\n".encode("cp1252"), encoding="utf-16").json()["id"]
    work()

    detail = ImportJob.objects.get(id=job_id).error_detail

    assert detail.startswith("products.csv cannot be read as text")


def test_nobody_sees_the_job_of_another(upload: Upload, colleague_client: APIClient, client_for: ApiClientFor) -> None:
    job_id = upload().json()["id"]
    work()
    chief = client_for(staff_user(*CLERK, "common.view_importjob"))
    stranger = client_for(staff_user("common.add_importjob", "common.view_importjob", "common.change_importbatch"))

    for client in (colleague_client, stranger):
        assert client.get(URL).json()["results"] == []
        for path in ("", "changes/", "refused/"):
            assert client.get(f"{URL}{job_id}/{path}").status_code == 404
        for path in ("confirm/", "cancel/", "undo/"):
            assert client.post(f"{URL}{job_id}/{path}").status_code == 404
    assert ImportJob.objects.get().status == "checked"
    assert [each["id"] for each in chief.get(URL).json()["results"]] == [job_id]
    assert chief.post(f"{URL}{job_id}/confirm/").status_code == 200


def test_who_may_not_write_the_subject_cannot_import_it(client_for: ApiClientFor) -> None:
    response = send(client_for(staff_user("common.add_importjob")), TWO_GOOD_ONE_BAD)

    assert response.status_code == 403
    assert not ImportJob.objects.exists()


def test_a_list_is_narrowed_down(upload: Upload, clerk_client: APIClient) -> None:
    first, second = upload().json()["id"], upload().json()["id"]
    clerk_client.post(f"{URL}{first}/cancel/")

    def listed(query: str) -> list[int]:
        return [each["id"] for each in clerk_client.get(f"{URL}?{query}").json()["results"]]

    assert listed("") == [second, first]
    assert listed("status=cancelled&subject=products") == [first]
    assert listed("subject=orders") == []
    assert clerk_client.get(f"{URL}?colour=red").json()["code"] == "unknown_field"


def test_the_same_key_is_one_job(clerk_client: APIClient) -> None:
    body = (
        b'--b\r\nContent-Disposition: form-data; name="subject"\r\n\r\nproducts\r\n'
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
        b"sku,name,price\nA,A,1\n\r\n--b--\r\n"
    )

    def post(content: bytes) -> Any:
        content_type = "multipart/form-data; boundary=b"
        return clerk_client.post(URL, content, content_type=content_type, headers={"Idempotency-Key": "k1"})

    first, again, other = post(body), post(body), post(body.replace(b"A,A,1", b"A,A,2"))

    assert (first.status_code, again.status_code) == (202, 202)
    assert (again.json(), again["Idempotent-Replayed"]) == (first.json(), "true")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert ImportJob.objects.count() == 1
