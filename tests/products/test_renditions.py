"""Smaller pictures: made by the worker of what the rows order, shown when they are there, given up when in vain."""

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from PIL import Image
from pytest_django import Settings
from rest_framework.test import APIClient

from common.errors import StorageFull
from common.failpoints import FailpointReached
from products.models import PictureFile, Product, ProductImage
from products.services import images, renditions
from products.services.renditions import make_due_renditions
from tests.factories.products import ImageFactory, ProductFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def boot(db: None, settings: Settings, tmp_path: Path) -> Product:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.PICTURE_WIDTHS = [20, 40, 80]
    return ProductFactory.create(slug="boot")


def picture(width: int = 60, height: int = 30, image_format: str = "PNG", **options: Any) -> bytes:
    packed = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(packed, image_format, **options)
    return packed.getvalue()


def add(product: Product, content: bytes | None = None) -> PictureFile:
    image = images.add_image(product_id=product.id, kept=images.keep_picture(content or picture()))
    return PictureFile.objects.get(name=image.image)


def stored(name: str, content: bytes) -> PictureFile:
    """A file that no service has checked, as an operator may have put it there."""
    ImageFactory.create(product=Product.objects.get(), image=default_storage.save(name, ContentFile(content)))
    return PictureFile.objects.get(name=name)


def make_due_now() -> None:
    PictureFile.objects.filter(state="waiting").update(next_attempt_at=timezone.now() - timedelta(seconds=1))


def test_a_new_picture_is_shown_at_once_and_its_renditions_once_they_are_made(boot: Product, guest: APIClient) -> None:
    file = add(boot)
    before = guest.get("/api/v1/products/boot/")

    assert make_due_renditions() == 1

    after = guest.get("/api/v1/products/boot/", headers={"If-None-Match": before["ETag"]})
    shown = after.json()["images"][0]
    assert (before.json()["images"][0]["renditions"], shown["url"]) == ([], f"/media/{file.name}")
    assert (shown["width"], shown["height"]) == (60, 30)
    sizes = [(each["format"], each["width"], each["height"]) for each in shown["renditions"]]
    assert sizes == [(each, *size) for each in ("avif", "webp") for size in ((20, 10), (40, 20), (60, 30))]
    for each in shown["renditions"]:
        assert each["url"].startswith("/media/renditions/")
        with Image.open(default_storage.open(each["url"].removeprefix("/media/"))) as opened:
            assert (opened.format, opened.size) == (each["format"].upper(), (each["width"], each["height"]))
    assert after.json()["image"]["renditions"] == shown["renditions"]
    assert guest.get("/api/v1/products/").json()["results"][0]["image"] == after.json()["image"]


def test_the_same_file_of_several_products_is_made_once_and_shown_by_all(boot: Product, guest: APIClient) -> None:
    other = ProductFactory.create(slug="other")
    add(boot)
    add(other)
    versions = [Product.objects.get(id=each.id).listing.version for each in (boot, other)]

    assert (make_due_renditions(), make_due_renditions()) == (1, 0)

    grown = [Product.objects.get(id=each.id).listing.version for each in (boot, other)]
    assert all(now > before for now, before in zip(grown, versions, strict=True))
    assert len(guest.get("/api/v1/products/other/").json()["images"][0]["renditions"]) == 6


def test_one_wider_than_all_widths_comes_in_these(boot: Product) -> None:
    file = add(boot, picture(200, 100))

    make_due_renditions()

    file.refresh_from_db()
    assert [each["width"] for each in file.renditions if each["format"] == "webp"] == [20, 40, 80]


def test_a_turned_picture_is_shown_upright(boot: Product) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    file = stored("products/turned.jpg", picture(60, 30, "JPEG", exif=exif))

    make_due_renditions()

    file.refresh_from_db()
    assert (file.width, file.height) == (30, 60)


def test_transparency_is_kept(boot: Product) -> None:
    packed = io.BytesIO()
    Image.new("RGBA", (60, 30), (255, 0, 0, 0)).save(packed, "PNG")
    file = add(boot, packed.getvalue())

    make_due_renditions()

    file.refresh_from_db()
    for each in file.renditions:
        with Image.open(default_storage.open(each["name"])) as opened:
            assert opened.convert("RGBA").getpixel((0, 0))[3] == 0  # type: ignore[index]


@pytest.mark.parametrize("content", [b"", b"no picture", picture()[:60]])
def test_what_is_no_picture_is_given_up_at_once_with_the_reason(boot: Product, content: bytes) -> None:
    file = stored("products/broken.png", content)

    assert (make_due_renditions(), make_due_renditions()) == (1, 0)

    file.refresh_from_db()
    assert (file.state, file.error) == ("failed", "A JPEG, PNG, WebP or GIF picture is needed.")


def test_too_many_pixels_are_not_decoded(boot: Product, settings: Settings, tmp_path: Path) -> None:
    packed = io.BytesIO()
    Image.new("1", (5_001, 5_000)).save(packed, "PNG")
    file = stored("products/huge.png", packed.getvalue())

    make_due_renditions()

    file.refresh_from_db()
    assert (file.state, file.error) == ("failed", "At most 25,000,000 pixels.")


def test_a_missing_file_is_tried_again_and_then_given_up(boot: Product) -> None:
    ImageFactory.create(product=boot, image="products/gone.png")

    for _ in range(renditions.MOST_ATTEMPTS):
        assert (make_due_renditions(), make_due_renditions()) == (1, 0)
        make_due_now()

    file = PictureFile.objects.get()
    assert (file.state, file.attempts) == ("failed", 5)
    assert file.error.startswith("FileNotFoundError")


@pytest.mark.parametrize("point", ["renditions.after_claim", "renditions.before_commit"])
def test_a_worker_that_dies_leaves_the_file_for_another(boot: Product, settings: Settings, point: str) -> None:
    file = add(boot)
    settings.FAILPOINTS = f"{point}=raise"
    with pytest.raises(FailpointReached):
        make_due_renditions()
    settings.FAILPOINTS = ""

    assert make_due_renditions() == 0
    make_due_now()
    assert make_due_renditions() == 1
    file.refresh_from_db()
    assert (file.state, len(file.renditions), file.attempts) == ("ready", 6, 0)


def test_a_file_that_kills_each_worker_is_given_up(boot: Product, settings: Settings) -> None:
    file = add(boot)
    settings.FAILPOINTS = "renditions.after_claim=raise"
    for _ in range(renditions.MOST_ATTEMPTS):
        with pytest.raises(FailpointReached):
            make_due_renditions()
        make_due_now()
    settings.FAILPOINTS = ""

    make_due_renditions()

    file.refresh_from_db()
    assert (file.state, file.error) == ("failed", "the worker died each time")


def test_a_full_disk_costs_no_attempt_and_ends_the_run(boot: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    first = add(boot)
    add(boot, picture(50, 50))

    def full(name: str, content: bytes) -> str:
        raise StorageFull

    with monkeypatch.context() as patched:
        patched.setattr(renditions, "store_picture", full)
        assert make_due_renditions() == 0

    first.refresh_from_db()
    assert (first.state, first.attempts) == ("waiting", 0)
    make_due_now()
    assert make_due_renditions() == 2


def test_another_picture_in_the_old_ones_place_gets_its_own(boot: Product, guest: APIClient) -> None:
    add(boot)
    make_due_renditions()

    kept = images.keep_picture(picture(40, 40))
    images.update_image(product_id=boot.id, image_id=ProductImage.objects.get().id, fields={}, kept=kept)

    assert guest.get("/api/v1/products/boot/").json()["image"]["renditions"] == []
    assert make_due_renditions() == 1
    assert guest.get("/api/v1/products/boot/").json()["image"]["width"] == 40


def test_all_are_made_again_by_the_command(boot: Product, settings: Settings, capsys: Any) -> None:
    file = add(boot)
    stored("products/broken.png", b"x")
    call_command("make_renditions")
    assert capsys.readouterr().out == "2 pictures done, 0 waiting, 1 given up\n"
    settings.PICTURE_WIDTHS, settings.PICTURE_FORMATS = [10], ["webp"]

    call_command("make_renditions")
    call_command("make_renditions", "--failed")
    assert capsys.readouterr().out.splitlines() == [
        "0 pictures done, 0 waiting, 1 given up",
        "1 pictures done, 0 waiting, 1 given up",
    ]
    call_command("make_renditions", "--all")

    file.refresh_from_db()
    assert [(each["format"], each["width"]) for each in file.renditions] == [("webp", 10)]
    assert capsys.readouterr().out == "2 pictures done, 0 waiting, 1 given up\n"


@pytest.mark.parametrize(
    "change",
    ["state = 'ready'", "state = 'failed'", "width = 1", "state = 'gone'", "state = 'ready', width = 0, height = 1"],
)
def test_the_database_refuses_what_makes_no_sense(boot: Product, change: str) -> None:
    add(boot)

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE products_picturefile SET {change}")
