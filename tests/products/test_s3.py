"""Files on S3: a real client against a server that speaks S3, from upload to sweep, and what if it does not answer."""

import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.utils import timezone
from environs import Env
from moto.server import ThreadedMotoServer
from PIL import Image
from pytest_django import Settings
from rest_framework.test import APIClient

from common.errors import StorageUnavailable
from config.settings import s3
from products.models import PictureFile, Product, ProductImage
from products.services.renditions import make_due_renditions
from products.services.sweeping import sweep_pictures
from tests.factories.products import ProductFactory
from tests.scripted_server import answer, scripted_server

pytestmark = pytest.mark.django_db

URL = "/api/v1/products/boot/images/"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    yield f"http://127.0.0.1:{running.get_host_and_port()[1]}"
    running.stop()


def use_s3(settings: Settings, monkeypatch: pytest.MonkeyPatch, endpoint: str, **environment: str) -> None:
    named = {
        "S3_BUCKET": "shop-files",
        "S3_ENDPOINT_URL": endpoint,
        "S3_ACCESS_KEY_ID": "key",
        "S3_SECRET_ACCESS_KEY": "secret",
        "S3_TIMEOUT_SECONDS": "0.5",
        **environment,
    }
    for name, value in named.items():
        monkeypatch.setenv(name, value)
    settings.STORAGES = {**settings.STORAGES, "default": s3.s3_storage(Env())}


@pytest.fixture
def bucket(server: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    use_s3(settings, monkeypatch, server, S3_TIMEOUT_SECONDS="10")
    settings.PICTURE_WIDTHS = [4]
    client = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
    made = boto3.resource("s3", endpoint_url=server, **client).Bucket("shop-files")
    made.create()
    yield made
    made.objects.all().delete()
    made.delete()


@pytest.fixture
def boot(db: None) -> Product:
    return ProductFactory.create(slug="boot")


def picture(colour: str = "red") -> bytes:
    packed = io.BytesIO()
    Image.new("RGB", (8, 6), colour).save(packed, "PNG")
    return packed.getvalue()


def upload(client: APIClient, **headers: str) -> Any:
    body = {"image": SimpleUploadedFile("boot.png", picture(), "image/png")}
    return client.post(URL, body, format="multipart", headers=headers)


def keys(bucket: Any) -> set[str]:
    return {each.key for each in bucket.objects.all()}


def test_an_upload_and_its_renditions_are_on_s3_and_shown_with_their_addresses_there(
    bucket: Any, boot: Product, clerk: APIClient, guest: APIClient, server: str
) -> None:
    response = upload(clerk, idempotency_key="once")
    again = upload(clerk, idempotency_key="other")
    make_due_renditions()

    assert (response.status_code, again.status_code) == (201, 201)
    shown = guest.get("/api/v1/products/boot/").json()["images"][0]
    addresses = [shown["url"], *(each["url"] for each in shown["renditions"])]
    assert [each.startswith(f"{server}/shop-files/") for each in addresses] == [True] * 3
    assert {each.removeprefix(f"{server}/shop-files/") for each in addresses} == keys(bucket)
    kinds = {}
    for each in bucket.objects.all():
        found = each.Object()
        kinds[each.key.rpartition(".")[2]] = found.content_type
        assert found.cache_control == "public, max-age=31536000, immutable"
    assert kinds == {"png": "image/png", "avif": "image/avif", "webp": "image/webp"}


def test_pictures_of_an_import_are_on_s3(bucket: Any, tmp_path: Path) -> None:
    (tmp_path / "red.png").write_bytes(picture())
    (tmp_path / "p.csv").write_text("sku,name,price,images\nA,Hat,1,red.png\n", encoding="utf-8")

    call_command("import_products", str(tmp_path / "p.csv"))

    assert keys(bucket) == {str(ProductImage.objects.get().image)}


def test_what_nothing_points_to_is_swept(bucket: Any, boot: Product, clerk: APIClient) -> None:
    upload(clerk)
    make_due_renditions()
    ProductImage.objects.all().delete()
    PictureFile.objects.update(wanted_at=timezone.now() - timedelta(days=3))

    assert (sweep_pictures().files, len(keys(bucket))) == (0, 3)  # the files are young
    assert (sweep_pictures(young_hours=-1).files, keys(bucket)) == (3, set())


def test_storage_does_what_callers_rely_on(bucket: Any) -> None:
    assert default_storage.save("products/a.txt", ContentFile(b"one")) == "products/a.txt"
    assert default_storage.save("products/a.txt", ContentFile(b"two")) == "products/a.txt"

    assert default_storage.open("products/a.txt").read() == b"two"
    assert default_storage.listdir("products") == ([], ["a.txt"])
    assert (default_storage.exists("products/a.txt"), default_storage.exists("products/b.txt")) == (True, False)
    for call in (default_storage.open, default_storage.size, default_storage.get_modified_time):
        with pytest.raises(FileNotFoundError):
            call("products/b.txt")
    default_storage.delete("products/b.txt")


def test_addresses_may_lead_to_another_host(settings: Settings, monkeypatch: pytest.MonkeyPatch, server: str) -> None:
    use_s3(settings, monkeypatch, server, S3_PUBLIC_URL="https://cdn.example/files")
    assert default_storage.url("products/ab/ü.png") == "https://cdn.example/files/products/ab/%C3%BC.png"

    use_s3(settings, monkeypatch, "", S3_PUBLIC_URL="", S3_REGION="eu-central-1")
    assert default_storage.url("a.png") == "https://shop-files.s3.eu-central-1.amazonaws.com/a.png"


def test_storage_that_does_not_answer_is_503_and_leaves_no_row(
    boot: Product, clerk: APIClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scripted_server(answer(b"")) as gone:
        nobody = gone.url("")
    with scripted_server(answer(b"<Error><Code>SlowDown</Code></Error>", status="503 Slow Down")) as busy:
        for endpoint in (nobody, busy.url("")):
            use_s3(settings, monkeypatch, endpoint)
            refused = upload(clerk)
            assert (refused.status_code, refused.json()["code"]) == (503, "storage_unavailable")
            assert refused["Retry-After"] == "30"

    assert ProductImage.objects.count() == 0


def test_a_bucket_that_is_not_there_is_storage_that_is_not(
    bucket: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch, server: str
) -> None:
    use_s3(settings, monkeypatch, server, S3_BUCKET="nobodys")

    with pytest.raises(StorageUnavailable, match="NoSuchBucket"):
        default_storage.open("a.png")


@pytest.mark.slow
def test_a_silent_server_is_waited_for_no_longer_than_said(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def silence(connection: Any, request: bytes) -> None:
        connection.recv(1)

    with scripted_server(silence) as silent:
        use_s3(settings, monkeypatch, silent.url(""), S3_TIMEOUT_SECONDS="0.2")
        with pytest.raises(StorageUnavailable):
            default_storage.save("a.png", ContentFile(b"x"))
        assert len(silent.requests) == 2


def test_an_import_says_that_storage_is_out_and_changes_nothing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with scripted_server(answer(b"")) as gone:
        use_s3(settings, monkeypatch, gone.url(""))
    (tmp_path / "red.png").write_bytes(picture())
    (tmp_path / "p.csv").write_text("sku,name,price,images\nA,Hat,1,red.png\n", encoding="utf-8")

    with pytest.raises(CommandError, match=r"^nothing imported: The storage of files does not answer$"):
        call_command("import_products", str(tmp_path / "p.csv"))

    assert Product.objects.count() == 0


def test_renditions_wait_for_storage_without_losing_an_attempt(
    bucket: Any, boot: Product, clerk: APIClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(clerk)
    with scripted_server(answer(b"")) as gone:
        use_s3(settings, monkeypatch, gone.url(""))

    assert make_due_renditions() == 0

    file = PictureFile.objects.get()
    assert (file.state, file.attempts, file.error) == ("waiting", 0, "The storage of files does not answer")


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"S3_BUCKET": ""}, "S3_BUCKET names no bucket"),
        ({"S3_SECRET_ACCESS_KEY": ""}, "go together"),
        ({"S3_TIMEOUT_SECONDS": "0"}, "S3_TIMEOUT_SECONDS"),
        ({"S3_ENDPOINT_URL": "minio:9000"}, "S3_ENDPOINT_URL is no http or https address"),
        ({"S3_PUBLIC_URL": "//cdn.example"}, "S3_PUBLIC_URL is no http or https address"),
    ],
)
def test_settings_that_make_no_sense_refuse_to_start(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], told: str
) -> None:
    with pytest.raises(ImproperlyConfigured, match=told):
        use_s3(settings, monkeypatch, "http://127.0.0.1:1", **environment)


def test_storage_is_here_or_on_s3(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDIA_STORAGE", "ftp")

    with pytest.raises(ImproperlyConfigured, match="MEDIA_STORAGE is local or s3, not ftp"):
        s3.media_storage(Env())
