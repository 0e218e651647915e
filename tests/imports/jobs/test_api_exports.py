"""exports/: a file is asked for, written by a worker, and downloaded."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from common.models import ExportJob
from tests.conftest import ApiClientFor
from tests.factories.authentication import staff_user
from tests.factories.products import ProductFactory
from tests.imports.jobs.conftest import CLERK, EXPORTS, TWO_GOOD_ONE_BAD, send, work

pytestmark = pytest.mark.django_db


def ask(client: APIClient, subject: str = "products", **headers: str) -> Any:
    return client.post(EXPORTS, {"subject": subject}, format="json", headers=headers)


def test_a_file_is_written_and_downloaded(clerk_client: APIClient) -> None:
    ProductFactory.create(sku="A", name="Apple", price=1)

    asked = ask(clerk_client)
    job_id = asked.json()["id"]
    early = clerk_client.get(f"{EXPORTS}{job_id}/file/")
    work()
    job = clerk_client.get(f"{EXPORTS}{job_id}/").json()
    response: Any = clerk_client.get(f"{EXPORTS}{job_id}/file/", headers={"Accept": "text/csv"})

    content = b"".join(response.streaming_content)
    assert (asked.status_code, asked.json()["status"], early.status_code) == (202, "queued", 404)
    assert (job["status"], job["row_count"], job["size"]) == ("done", 1, len(content))
    assert (response["Cache-Control"], response["Content-Type"]) == ("no-store", "text/csv; charset=utf-8")
    assert content.startswith(b"sku,")


def test_what_was_exported_imports_to_no_change(clerk_client: APIClient) -> None:
    send(clerk_client, TWO_GOOD_ONE_BAD, confirm="true")
    ask(clerk_client)
    work()
    exported: Any = clerk_client.get(f"{EXPORTS}{ExportJob.objects.get().pk}/file/")

    again = send(clerk_client, b"".join(exported.streaming_content), confirm="true").json()["id"]
    work()

    job = clerk_client.get(f"/api/v1/imports/{again}/").json()
    assert (job["counts"]["created"], job["counts"]["updated"], job["counts"]["unchanged"]) == (0, 0, 2)
    assert job["batch"] is None


def test_the_same_key_is_one_export(clerk_client: APIClient) -> None:
    first = ask(clerk_client, **{"Idempotency-Key": "k1"})
    again = ask(clerk_client, **{"Idempotency-Key": "k1"})

    assert again.json() == first.json()
    assert ExportJob.objects.count() == 1


def test_nobody_sees_the_export_of_another(
    clerk_client: APIClient, colleague_client: APIClient, client_for: ApiClientFor
) -> None:
    job_id = ask(clerk_client).json()["id"]
    work()
    chief = client_for(staff_user(*CLERK, "common.view_exportjob"))

    assert colleague_client.get(EXPORTS).json()["results"] == []
    assert colleague_client.get(f"{EXPORTS}{job_id}/").status_code == 404
    assert colleague_client.get(f"{EXPORTS}{job_id}/file/").status_code == 404
    assert [each["id"] for each in chief.get(EXPORTS).json()["results"]] == [job_id]
    assert chief.get(f"{EXPORTS}{job_id}/file/").status_code == 200


@pytest.mark.parametrize("subject", ["products", "secrets"])
def test_who_may_not_read_the_subject_cannot_export_it(client_for: ApiClientFor, subject: str) -> None:
    assert ask(client_for(staff_user("common.add_exportjob")), subject).status_code == 403
    assert not ExportJob.objects.exists()


def test_what_is_exported_is_named(clerk_client: APIClient) -> None:
    response = clerk_client.post(EXPORTS, {"colour": "red"}, format="json")

    assert {each["field"]: each["code"] for each in response.json()["errors"]} == {
        "subject": "required",
        "colour": "unknown_field",
    }
