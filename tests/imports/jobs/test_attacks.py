"""What people send by mistake or malice: other types, bombs, paths that lead elsewhere, files without end."""

import gzip
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import Settings
from rest_framework.test import APIClient

from common.imports.jobs import files, uploads
from common.models import ImportJob
from products.models import Product
from tests.imports.jobs.conftest import URL, Upload, work

pytestmark = pytest.mark.django_db


def archive(*names: str, content: bytes = b"x") -> SimpleUploadedFile:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as opened:
        for name in names:
            opened.writestr(name, content)
    return SimpleUploadedFile("pictures.zip", packed.getvalue())


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (b"PK\x03\x04rest of a workbook", "Excel"),
        (b"\xd0\xcf\x11\xe0rest", "Excel"),
        (b"%PDF-1.7", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (b"<!DOCTYPE html>", "web page"),
        (b"\x7fELF", "program"),
        (b"\x1f\x8bnot gzip at all", "gzip"),
        (gzip.compress(b"PK\x03\x04workbook", mtime=0), "Excel"),
        (gzip.compress(b"", mtime=0), "empty"),  # without the time, which would name the test anew each second
    ],
)
def test_what_is_no_table_is_refused_at_once(upload: Upload, private_folder: Path, content: bytes, says: str) -> None:
    response = upload(content)

    assert (response.status_code, response.json()["code"]) == (400, "file_refused")
    assert response["Content-Type"] == "application/problem+json"
    assert says in response.json()["detail"]
    assert not ImportJob.objects.exists()
    assert not private_folder.exists()


def test_a_gzip_bomb_is_refused_before_it_is_read_in(
    upload: Upload, clerk_client: APIClient, settings: Settings
) -> None:
    settings.IMPORT_UNPACKED_MAX_BYTES = 1_000_000
    bomb = gzip.compress(b"sku,name,price\n" + b"A,A,1\n" * 500_000)

    job_id = upload(bomb).json()["id"]
    work()

    error = clerk_client.get(f"{URL}{job_id}/").json()["error"]
    assert len(bomb) < 20_000
    assert error == {"code": "file_refused", "detail": "The file has more than 1,000,000 bytes unpacked."}


def test_gzip_that_breaks_off_is_refused(upload: Upload, clerk_client: APIClient) -> None:
    whole = gzip.compress(b"sku,name,price\n" + bytes(range(32, 127)) * 200)

    job_id = upload(whole[:-20]).json()["id"]
    work()

    assert clerk_client.get(f"{URL}{job_id}/").json()["error"]["code"] == "file_refused"


@pytest.mark.parametrize("name", ["../../etc/cron.d/x", "/etc/passwd", "a/../../b.jpg", "..\\..\\b.jpg", "C:\\b.jpg"])
def test_a_name_that_leads_out_of_the_archive_is_refused(upload: Upload, name: str) -> None:
    response = upload(images=archive("good.jpg", name))

    assert (response.status_code, response.json()["code"]) == (400, "file_refused")
    assert "leads out" in response.json()["detail"]


def test_a_zip_bomb_is_refused_by_its_directory(upload: Upload, settings: Settings) -> None:
    settings.IMPORT_UNPACKED_MAX_BYTES = 5_000_000
    bomb = archive(*(f"{number}.jpg" for number in range(6)), content=bytes(1_000_000))

    response = upload(images=bomb)

    assert (bomb.size or 0) < 20_000
    assert (response.status_code, response.json()["code"]) == (400, "file_refused")
    assert "5,000,000 bytes unpacked" in response.json()["detail"]


def test_an_archive_with_too_many_members_is_refused(upload: Upload, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_ARCHIVE_MEMBERS", 2)

    assert upload(images=archive("1.jpg", "2.jpg")).status_code == 202
    assert upload(images=archive("1.jpg", "2.jpg", "3.jpg")).json()["code"] == "file_refused"


def test_what_is_no_archive_is_refused(upload: Upload) -> None:
    response = upload(images=SimpleUploadedFile("pictures.zip", b"PK\x03\x04 and nothing more"))

    assert (response.status_code, response.json()["code"]) == (400, "file_refused")


def test_a_file_over_the_limit_is_413(upload: Upload, settings: Settings) -> None:
    settings.IMPORT_MAX_BYTES = settings.IMPORT_IMAGES_MAX_BYTES = 100

    large = upload(b"sku,name,price\n" + b"A,A,1\n" * 20)
    large_images = upload(b"sku,name,price\n", images=archive("1.jpg", content=bytes(range(256))))

    assert [each.status_code for each in (large, large_images)] == [413, 413]
    assert {each.json()["code"] for each in (large, large_images)} == {"body_too_large"}
    assert not ImportJob.objects.exists()


def test_a_hundred_megabytes_are_refused_unread(clerk_client: APIClient, settings: Settings) -> None:
    class Unreadable(io.BytesIO):
        def read(self, *_: Any) -> bytes:
            raise AssertionError("nobody should read this")

    settings.BODY_MAX_BYTES = {URL: 50_000_000}

    def post(path: str, **more: Any) -> Any:
        length = {"CONTENT_LENGTH": "100000000", "wsgi.input": Unreadable(), **more}
        return clerk_client.generic("POST", path, "", "multipart/form-data; boundary=b", **length)

    assert post(URL).json()["code"] == "body_too_large"
    assert post("/api/v1/products/boot/images/", CONTENT_LENGTH="40000000").status_code == 413
    assert post(URL, CONTENT_LENGTH="40000000", HTTP_TRANSFER_ENCODING="chunked").status_code == 413


def test_nobody_unknown_has_a_body_read(guest: APIClient) -> None:
    class Unreadable(io.BytesIO):
        def read(self, *_: Any) -> bytes:
            raise AssertionError("nobody should read this")

    content_type = "multipart/form-data; boundary=b"
    unread: dict[str, Any] = {"CONTENT_LENGTH": "90000000", "wsgi.input": Unreadable()}
    response: Any = guest.generic("POST", URL, "", content_type, **unread)

    assert response.status_code == 401


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd.csv", "passwd.csv"),
        ("C:\\Users\\me\\a.csv", "a.csv"),
        ("a\u202ecsv.exe.csv", "acsv.exe.csv"),
        ("x" * 400 + ".csv", "x" * 255),
    ],
)
def test_the_name_of_a_file_is_only_shown(name: str, shown: str) -> None:
    assert uploads.shown_name(name) == shown


def test_files_lie_where_nobody_gets_them_by_address(upload: Upload, guest: APIClient, private_folder: Path) -> None:
    upload()
    job = ImportJob.objects.get()
    path = private_folder / job.stored_file

    assert path.is_file()
    assert path.stat().st_mode & 0o077 == 0
    assert guest.get(f"/media/{job.stored_file}").status_code == 404
    assert guest.get(f"/media/../private/{job.stored_file}").status_code == 404
    with pytest.raises(ValueError, match="no address"):
        files.private_storage().url(job.stored_file)


def test_a_row_names_no_file_of_the_server(upload: Upload, private_folder: Path) -> None:
    """Commands look for pictures beside the file; an upload has nothing beside it."""
    upload()
    first = ImportJob.objects.get()
    names = ["../file.csv", f"../{first.stored_file}", "/etc/hostname", "file.csv"]
    rows = [f"P{place},P,1,{name}" for place, name in enumerate(names)]
    upload("\n".join(["sku,name,price,images", *rows]).encode())
    work()

    job = ImportJob.objects.latest("id")
    assert (job.status, job.created_count, job.refused_count) == ("checked", 0, 4)


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"subject": ""}, "subject", "blank"),
        ({"mode": "replace"}, "mode", "invalid_choice"),
        ({"format": "sql"}, "format", "invalid_choice"),
        ({"colour": "red"}, "colour", "unknown_field"),
        ({"status": "done"}, "status", "unknown_field"),
        ({"confirm": "perhaps"}, "confirm", "invalid"),
    ],
)
def test_a_wrong_field_is_named(upload: Upload, fields: dict[str, str], field: str, code: str) -> None:
    response = upload(**fields)

    assert response.status_code == 400
    assert [(each["field"], each["code"]) for each in response.json()["errors"]] == [(field, code)]


@pytest.mark.parametrize("encoding", ["no-such-encoding", "base64", "rot13", "idna"])
def test_an_encoding_that_is_none_fails_with_a_reason(upload: Upload, clerk_client: APIClient, encoding: str) -> None:
    job_id = upload(encoding=encoding).json()["id"]
    work()

    job = clerk_client.get(f"{URL}{job_id}/").json()
    assert (job["status"], (job["error"] or {}).get("code")) == ("failed", "file_refused")
    assert not Product.objects.exists()


def test_json_is_not_taken_for_a_file(clerk_client: APIClient) -> None:
    response = clerk_client.post(URL, {"subject": "products"}, format="json")

    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")
