"""Files that nothing points to go, once they are old; whatever may still be needed stays."""

import io
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.utils import timezone
from PIL import Image
from pytest_django import Settings

from common.models import ImportBatch, ImportChange
from products.models import PictureFile, Product, ProductImage
from products.services import images
from products.services.renditions import make_due_renditions
from products.services.sweeping import sweep_pictures
from tests.factories.products import ImageFactory, ProductFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    settings.PICTURE_WIDTHS, settings.PICTURE_FORMATS = [4], ["webp"]
    return tmp_path


@pytest.fixture
def boot(db: None) -> Product:
    return ProductFactory.create(slug="boot")


def keep(colour: str) -> str:
    packed = io.BytesIO()
    Image.new("RGB", (8, 6), colour).save(packed, "PNG")
    return images.keep_picture(packed.getvalue())


def files(media: Path) -> set[str]:
    return {str(path.relative_to(media)) for path in media.rglob("*") if path.is_file()}


def grow_old(media: Path) -> None:
    long_ago = timezone.now() - timedelta(days=3)
    for name in files(media):
        os.utime(media / name, (long_ago.timestamp(), long_ago.timestamp()))
    PictureFile.objects.update(wanted_at=long_ago)


def test_what_a_product_shows_stays_and_what_it_showed_goes_with_its_renditions(
    boot: Product, media: Path, capsys: Any
) -> None:
    shown = images.add_image(product_id=boot.id, kept=keep("red"))
    removed = images.add_image(product_id=boot.id, kept=keep("blue"))
    make_due_renditions()
    images.remove_image(product_id=boot.id, image_id=removed.id)
    (media / "products" / "half.png.partial").write_bytes(b"left over")
    grow_old(media)
    everything = files(media)
    needed = {str(shown.image), PictureFile.objects.get(name=shown.image).renditions[0]["name"]}

    call_command("sweep_pictures", "--dry-run")
    told = capsys.readouterr().out.splitlines()
    assert (files(media), set(told[:-1])) == (everything, everything - needed)
    assert told[-1].startswith("dry run, nothing deleted; would be 3 files, ")
    call_command("sweep_pictures")

    assert files(media) == needed
    assert capsys.readouterr().out.splitlines()[:-1] == told[:-1]
    assert list(PictureFile.objects.values_list("name", flat=True)) == [shown.image]
    call_command("sweep_pictures")
    assert capsys.readouterr().out == "deleted: 0 files, 0 bytes\n"


def test_a_young_file_stays(boot: Product, media: Path) -> None:
    keep("red")

    assert sweep_pictures().files == 0
    PictureFile.objects.update(wanted_at=timezone.now() - timedelta(days=3))
    assert sweep_pictures().files == 0  # the file itself is young
    grow_old(media)
    PictureFile.objects.update(wanted_at=timezone.now())
    assert sweep_pictures().files == 0  # somebody is about to point to it
    grow_old(media)
    assert (sweep_pictures().files, files(media)) == (1, set())


def test_what_an_undo_may_bring_back_stays(boot: Product, media: Path) -> None:
    before = keep("red")
    batch = ImportBatch.objects.create(file_name="p.csv", format="native", mode="upsert")
    pictures = [{"id": 1, "image": before, "alt_text": "", "is_featured": True, "order": 1}]
    ImportChange.objects.create(
        batch=batch,
        kind="product",
        action="updated",
        target_id=boot.id,
        label="B",
        before={"images": pictures},
        after={},
    )
    grow_old(media)

    assert sweep_pictures().files == 0
    ImportBatch.objects.update(status="undone", undone_at=timezone.now())
    assert sweep_pictures().files == 1


@pytest.mark.parametrize("moment", ["before the file is gone", "after it is gone"])
def test_who_needs_the_file_at_that_very_moment_gets_it_back(
    boot: Product, media: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    name = keep("red")
    content = (media / name).read_bytes()
    grow_old(media)
    delete: Callable[[str], None] = default_storage.delete

    def overtaken(doomed: str) -> None:
        if moment == "after it is gone":
            delete(doomed)
        ImageFactory.create(product=boot, image=name)  # as an import does that found the file there
        if moment == "before the file is gone":
            delete(doomed)

    monkeypatch.setattr(default_storage, "delete", overtaken, raising=False)

    assert sweep_pictures().files == 0
    assert (media / name).read_bytes() == content
    assert ProductImage.objects.count() == 1


def test_pictures_of_categories_are_left_alone(media: Path) -> None:
    (media / "categories").mkdir()
    (media / "categories" / "hats.png").write_bytes(b"x")
    grow_old(media)

    assert (sweep_pictures().files, len(files(media))) == (0, 1)
