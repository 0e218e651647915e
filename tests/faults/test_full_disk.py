"""The disk is full: uploads are refused as such, nothing points to a missing file, and half a file is never seen."""

import errno
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from PIL import Image
from pytest_django import Settings

from common.errors import StorageFull
from products.models import Product, ProductImage
from tests.conftest import ApiClientFor
from tests.factories.authentication import staff_user
from tests.factories.products import ProductFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Path:
    folder = tmp_path / "media"
    settings.MEDIA_ROOT = folder
    return folder


class HalfWritten(io.FileIO):
    """A file on a disk that becomes full in the middle of a write."""

    def write(self, content: Any) -> int:
        super().write(content[: len(content) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch, media: Path) -> Iterator[pytest.MonkeyPatch]:
    """Files below the media folder take half of what is written; then the disk is full."""
    fdopen = os.fdopen

    def open_on_full_disk(file: int, *arguments: Any) -> IO[bytes]:
        is_ours = Path(f"/proc/self/fd/{file}").readlink().is_relative_to(media)
        return HalfWritten(file, "wb") if is_ours else fdopen(file, *arguments)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fdopen", open_on_full_disk)
        yield patched


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def _picture() -> bytes:
    packed = io.BytesIO()
    Image.new("RGB", (8, 6), "red").save(packed, "PNG")
    return packed.getvalue()


def test_half_a_file_is_never_seen(full_disk: pytest.MonkeyPatch, media: Path) -> None:
    with pytest.raises(StorageFull):
        default_storage.save("a/lamp.png", ContentFile(b"all of it"))

    assert not default_storage.exists("a/lamp.png")
    assert _files(media) == []
    full_disk.undo()
    assert default_storage.save("a/lamp.png", ContentFile(b"all of it")) == "a/lamp.png"
    assert [path.read_bytes() for path in _files(media)] == [b"all of it"]


def test_an_upload_is_503_and_leaves_no_row(
    full_disk: pytest.MonkeyPatch, media: Path, client_for: ApiClientFor
) -> None:
    ProductFactory.create(slug="lamp")
    clerk = client_for(staff_user("products.add_productimage", "products.view_product"))

    def upload() -> Any:
        body = {"image": SimpleUploadedFile("lamp.png", _picture(), "image/png")}
        return clerk.post("/api/v1/products/lamp/images/", body, format="multipart")

    refused = upload()

    assert (refused.status_code, refused.json()["code"]) == (503, "storage_full")
    assert refused["Retry-After"] == "60"
    assert (ProductImage.objects.count(), _files(media)) == (0, [])
    full_disk.undo()
    assert upload().status_code == 201
    assert default_storage.exists(str(ProductImage.objects.get().image))


def test_an_import_is_refused_whole_in_one_line(full_disk: pytest.MonkeyPatch, media: Path, tmp_path: Path) -> None:
    (tmp_path / "lamp.png").write_bytes(_picture())
    (tmp_path / "products.csv").write_text("sku,name,price,images\nA,Lamp,10,lamp.png\n", encoding="utf-8")

    with pytest.raises(CommandError, match=r"^nothing imported: there is no room for the pictures$"):
        call_command("import_products", str(tmp_path / "products.csv"))

    assert (Product.objects.count(), _files(media)) == (0, [])
    full_disk.undo()
    call_command("import_products", str(tmp_path / "products.csv"))
    assert Product.objects.get().images.count() == 1
