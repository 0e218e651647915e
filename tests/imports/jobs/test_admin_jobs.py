"""The admin's pages of imports and exports: upload, difference, confirm, refused rows, undo, export."""

import io
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from authentication.models import User
from common.admin.jobs import progress_of
from common.models import ExportJob, ImportJob
from products.models import Product
from tests.factories.authentication import staff_user
from tests.factories.jobs import checked_import
from tests.factories.products import ProductFactory
from tests.imports.jobs.conftest import CLERK, TWO_GOOD_ONE_BAD, work

pytestmark = pytest.mark.django_db

ADD = "/admin/common/importjob/add/"
LIST = "/admin/common/importjob/"
ADD_EXPORT = "/admin/common/exportjob/add/"
MAY_UNDO = ("common.view_importbatch",)


def signed_in(*permissions: str, csrf: bool = False) -> tuple[Client, User]:
    user = staff_user(*permissions, is_staff=True)
    client = Client(enforce_csrf_checks=csrf)
    client.force_login(user)
    return client, user


@pytest.fixture
def clerk_admin() -> Client:
    return signed_in(*CLERK, *MAY_UNDO)[0]


def form(content: bytes = TWO_GOOD_ONE_BAD, **fields: Any) -> dict[str, Any]:
    return {
        "subject": "products",
        "mode": "upsert",
        "format": "auto",
        "file": SimpleUploadedFile("products.csv", content),
        **fields,
    }


def page(client: Client, job: ImportJob | ExportJob) -> str:
    response = client.get(f"/admin/common/{job._meta.model_name}/{job.pk}/change/")
    assert response.status_code == 200
    return response.content.decode()


def test_a_file_goes_all_the_way(clerk_admin: Client) -> None:
    ProductFactory.create(sku="A", name="Apple", price=1)

    sent = clerk_admin.post(ADD, form())
    job = ImportJob.objects.get()
    assert sent.headers["Location"] == f"{LIST}{job.pk}/change/"
    waiting = page(clerk_admin, job)
    work()
    checked = page(clerk_admin, job)
    confirmed = clerk_admin.post(f"{LIST}{job.pk}/confirm/")
    work()
    done = page(clerk_admin, job)

    assert "Waiting for the check" in waiting
    assert '<meta http-equiv="refresh"' in waiting
    assert f"{LIST}{job.pk}/confirm/" not in waiting
    assert "<dd>1</dd>" in checked
    assert "<del>1.0</del> → <ins>1.5</ins>" in checked
    assert "not a number" in checked
    assert f"{LIST}{job.pk}/confirm/" in checked
    assert f"{LIST}{job.pk}/refused/" in checked
    assert confirmed.headers["Location"] == f"{LIST}{job.pk}/change/"
    assert f"{LIST}{job.pk}/confirm/" not in done
    job.refresh_from_db()
    assert f"/admin/common/importbatch/{job.batch_id}/change/" in done
    assert Product.objects.count() == 2


def test_the_refused_rows_are_downloaded(clerk_admin: Client) -> None:
    clerk_admin.post(ADD, form())
    work()

    response: Any = clerk_admin.get(f"{LIST}{ImportJob.objects.get().pk}/refused/")

    assert "no-store" in response["Cache-Control"]
    assert b"".join(response.streaming_content).startswith(b"error,sku,name,price")


def test_what_has_none_refused_has_no_such_file(clerk_admin: Client) -> None:
    clerk_admin.post(ADD, form(b"sku,name,price\nA,A,1\n"))
    work()

    assert clerk_admin.get(f"{LIST}{ImportJob.objects.get().pk}/refused/").status_code == 404


def test_confirming_twice_says_where_it_stands(clerk_admin: Client) -> None:
    clerk_admin.post(ADD, form())
    work()
    address = f"{LIST}{ImportJob.objects.get().pk}/confirm/"
    clerk_admin.post(address)

    again = clerk_admin.post(address)

    assert [str(each) for each in get_messages(again.wsgi_request)] == ["The import is confirmed."]


def test_cancelled_before_it_begins(clerk_admin: Client) -> None:
    clerk_admin.post(ADD, form())
    job = ImportJob.objects.get()

    clerk_admin.post(f"{LIST}{job.pk}/cancel/")

    job.refresh_from_db()
    assert job.status == "cancelled"
    assert f"{LIST}{job.pk}/cancel/" not in page(clerk_admin, job)


@pytest.mark.parametrize("action", ["confirm", "cancel"])
def test_a_link_moves_nothing(clerk_admin: Client, action: str) -> None:
    clerk_admin.post(ADD, form())

    response = clerk_admin.get(f"{LIST}{ImportJob.objects.get().pk}/{action}/")

    assert response.status_code == 405


def test_a_workbook_is_refused_beside_its_field(clerk_admin: Client) -> None:
    response = clerk_admin.post(ADD, form(b"PK\x03\x04workbook"))

    assert response.status_code == 200
    assert "The file is a ZIP file or an Excel workbook: save the sheet as CSV." in response.content.decode()
    assert not ImportJob.objects.exists()


def test_a_format_that_is_none_is_refused(clerk_admin: Client) -> None:
    response = clerk_admin.post(ADD, form(format="sql", subject="secrets"))

    assert response.content.decode().count("Select a valid choice") == 2


def test_without_a_token_nothing_is_taken() -> None:
    client, _ = signed_in(*CLERK, csrf=True)
    token = client.get(ADD).cookies["csrftoken"].value

    without = client.post(ADD, form())
    with_it = client.post(ADD, form(csrfmiddlewaretoken=token))

    assert (without.status_code, with_it.status_code) == (403, 302)
    assert ImportJob.objects.count() == 1


class Unreadable(io.BytesIO):
    def read(self, *_: Any) -> bytes:
        raise AssertionError("nobody should read this")


@pytest.mark.parametrize("permissions", [None, ("products.change_product",)])
def test_of_who_may_not_upload_no_body_is_read(permissions: tuple[str, ...] | None) -> None:
    client = signed_in(*permissions, csrf=True)[0] if permissions else Client(enforce_csrf_checks=True)

    unread: dict[str, Any] = {"CONTENT_LENGTH": "90000000", "wsgi.input": Unreadable()}
    response = client.generic("POST", ADD, "", "multipart/form-data; boundary=b", **unread)

    assert response.status_code == (403 if permissions else 302)


def test_more_than_the_limit_is_413(clerk_admin: Client, settings: Settings) -> None:
    settings.BODY_MAX_BYTES = {ADD: 100}

    assert clerk_admin.post(ADD, form()).status_code == 413


def test_nobody_sees_the_job_of_another() -> None:
    _, owner = signed_in(*CLERK)
    job = checked_import(actor=owner)
    colleague, _ = signed_in(*CLERK)
    chief, _ = signed_in(*CLERK, "common.view_importjob")
    of_another_subject, _ = signed_in("common.add_importjob", "common.view_importjob")

    for client in (colleague, of_another_subject):
        for path in ("change", "progress", "refused"):
            assert client.get(f"{LIST}{job.pk}/{path}/").status_code == 404
        for path in ("confirm", "cancel"):
            assert client.post(f"{LIST}{job.pk}/{path}/").status_code == 404
        assert "products.csv" not in client.get(LIST).content.decode()
    assert "products.csv" in chief.get(LIST).content.decode()
    assert "S1" in page(chief, job)
    job.refresh_from_db()
    assert job.status == "checked"


def test_who_may_only_look_moves_nothing() -> None:
    client, _ = signed_in("common.view_importjob", "products.change_product")
    job = checked_import(actor=None)

    assert f"{LIST}{job.pk}/confirm/" not in page(client, job)
    assert client.post(f"{LIST}{job.pk}/confirm/").status_code == 403
    assert client.get(ADD).status_code == 403


def test_nobody_enters_without_permission() -> None:
    client, _ = signed_in("products.change_product")

    for path in (LIST, ADD, "/admin/common/exportjob/", ADD_EXPORT):
        assert client.get(path).status_code == 403
    assert client.get(f"{LIST}1/change/").status_code == 403
    assert LIST not in client.get("/admin/").content.decode()


def test_who_may_import_nothing_is_offered_nothing() -> None:
    client, _ = signed_in("common.add_importjob", "common.add_exportjob")

    assert client.get(ADD).status_code == 403
    assert client.get(ADD_EXPORT).status_code == 403


def test_a_long_difference_comes_in_pages(clerk_admin: Client) -> None:
    lines = [f"A{number},A,1" for number in range(120)]
    clerk_admin.post(ADD, form("\n".join(["sku,name,price", *lines]).encode()))
    work()
    address = f"{LIST}{ImportJob.objects.get().pk}/change/"

    last = clerk_admin.get(f"{address}?page=3").content.decode()
    beyond = clerk_admin.get(f"{address}?page=99&refused_page=x").content.decode()

    assert "Page 3 of 3" in last
    assert "A119" in last
    assert "A99<" not in last
    assert "Page 3 of 3" in beyond


def test_what_a_file_holds_is_shown_as_text(clerk_admin: Client) -> None:
    clerk_admin.post(ADD, form(b"sku,name,price\nA,A,<img src=x onerror=alert(1)>\n<b>B</b>,B,1\n"))
    work()

    shown = page(clerk_admin, ImportJob.objects.get())

    assert "&lt;img src=x onerror=alert(1)&gt;" in shown
    assert "<img src=x" not in shown
    assert "<b>B</b>" not in shown


@pytest.mark.parametrize(
    ("status", "done", "total", "percent", "text"),
    [
        ("uploaded", 0, 0, None, "A worker takes it up within seconds, unless another job is before it."),
        ("checking", 0, 0, None, ""),
        ("checking", 512, 2048, 25, "512\xa0bytes of 2.0\xa0KB read."),
        ("importing", 2048, 2048, 100, "The file is read; now it is compared with the shop."),
        ("done", 2048, 2048, 100, ""),
    ],
)
def test_progress_in_words(status: str, done: int, total: int, percent: int | None, text: str) -> None:
    told = progress_of(ImportJob(status=status, progress_done=done, progress_total=total))

    assert (told["status"], told["percent"], told["text"]) == (status, percent, text)


def test_progress_is_told_to_the_script(clerk_admin: Client) -> None:
    clerk_admin.post(ADD, form())

    response = clerk_admin.get(f"{LIST}{ImportJob.objects.get().pk}/progress/")

    assert "no-store" in response["Cache-Control"]
    assert (response.json()["status"], response.json()["is_moving"]) == ("uploaded", True)


def test_an_export_is_asked_for_and_downloaded(clerk_admin: Client) -> None:
    ProductFactory.create(sku="A", name="Apple", price=1)

    clerk_admin.post(ADD_EXPORT, {"subject": "products"})
    job = ExportJob.objects.get()
    waiting = page(clerk_admin, job)
    early = clerk_admin.get(f"/admin/common/exportjob/{job.pk}/file/")
    work()
    ready = page(clerk_admin, job)
    response: Any = clerk_admin.get(f"/admin/common/exportjob/{job.pk}/file/")

    assert "Waiting" in waiting
    assert early.status_code == 404
    assert f"/admin/common/exportjob/{job.pk}/file/" in ready
    lines = b"".join(response.streaming_content).decode().splitlines()
    assert (len(lines), lines[0].split(",")[0], lines[1].split(",")[0]) == (2, "sku", "A")
    assert response["Content-Disposition"] == f'attachment; filename="{job.file_name}"'


def test_nobody_sees_the_export_of_another() -> None:
    _, owner = signed_in(*CLERK)
    job = ExportJob.objects.create(subject="products", actor=owner)
    colleague, _ = signed_in(*CLERK)

    for path in ("change", "progress", "file"):
        assert colleague.get(f"/admin/common/exportjob/{job.pk}/{path}/").status_code == 404
