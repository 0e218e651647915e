"""Pictures that come with a file: found, checked, stored once, and listed as the file lists them."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from PIL import Image
from pytest_django import Settings

from products.models import Product, ProductImage
from tests.imports.conftest import LIVOSTYLE, ImportFile, WriteFile

HEADER = "sku,name,price,images,image_alt_texts"


@pytest.fixture(autouse=True)
def _media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


def _picture(path: Path, colour: str, **options: Any) -> None:
    Image.new("RGB", (8, 4), colour).save(path, **options)


def _shown(sku: str) -> list[tuple[str, int, bool]]:
    rows = ProductImage.objects.filter(product__sku=sku).order_by("order")
    return list(rows.values_list("alt_text", "order", "is_featured"))


def test_pictures_lie_beside_the_file(import_file: ImportFile, write_file: WriteFile, tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    _picture(tmp_path / "pictures" / "red.png", "red")
    _picture(tmp_path / "blue.webp", "blue")
    path = write_file(HEADER, "A,Hat,1,pictures/red.png | blue.webp,Front | ", "B,Cap,1,blue.webp,")

    import_file(path)

    assert _shown("A") == [("Front", 1, True), ("", 2, False)]
    assert _shown("B") == [("", 1, True)]
    red, blue = Product.objects.get(sku="A").images.all()
    assert blue.image.name == ProductImage.objects.get(product__sku="B").image.name
    assert default_storage.open(str(red.image)).read() == (tmp_path / "pictures" / "red.png").read_bytes()
    again = import_file(path)
    assert again.out == ["0 changed: 0 created, 0 updated, 2 unchanged, 0 refused"]


def test_a_changed_list_of_pictures_is_followed(import_file: ImportFile, write_file: WriteFile, tmp_path: Path) -> None:
    for colour in ("red", "blue", "green"):
        _picture(tmp_path / f"{colour}.png", colour)
    import_file(write_file(HEADER, "A,Hat,1,red.png | blue.png,Red | Blue"))

    import_file(write_file(HEADER, "A,Hat,1,green.png | red.png,Green | Red"))

    assert _shown("A") == [("Green", 1, True), ("Red", 2, False)]


def test_an_archive_of_pictures_with_its_folder_around_them(
    import_file: ImportFile, write_file: WriteFile, tmp_path: Path
) -> None:
    _picture(tmp_path / "red.png", "red")
    with zipfile.ZipFile(tmp_path / "pictures.zip", "w") as archive:
        archive.write(tmp_path / "red.png", "shop/hats/red.png")

    outcome = import_file(
        write_file(HEADER, "A,Hat,1,hats/red.png,", name="p.csv"), "--images", str(tmp_path / "pictures.zip")
    )

    assert outcome.status == 0
    assert _shown("A") == [("", 1, True)]


@pytest.mark.parametrize(
    ("cell", "report"),
    [
        ("none.png", "value 'none.png': there is no such picture [image_not_found]"),
        ("../secret.png", "value '../secret.png': there is no such picture [image_not_found]"),
        ("text.png", "value 'text.png': not a readable picture:"),
        ("drawing.svg", "value 'drawing.svg': not a readable picture:"),
        ("huge.png", "value 'huge.png': the picture has more than 25,000,000 pixels [image_too_large]"),
    ],
)
def test_a_picture_that_is_none_refuses_its_row(
    cell: str, report: str, import_file: ImportFile, tmp_path: Path
) -> None:
    folder = tmp_path / "inside"
    folder.mkdir()
    _picture(tmp_path / "secret.png", "red")
    (folder / "text.png").write_text("no picture")
    (folder / "drawing.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>")
    Image.new("1", (5001, 5000)).save(folder / "huge.png")
    (folder / "products.csv").write_text(f"{HEADER}\nA,Hat,1,{cell},\nB,Cap,2,,\n")

    outcome = import_file(folder / "products.csv")

    assert outcome.status == 2
    assert len(outcome.err) == 1
    assert outcome.err[0].startswith(f"line 2, column images, {report}")
    assert list(Product.objects.values_list("sku", flat=True)) == ["B"]


@pytest.mark.parametrize("broken", [b"MM\xff*", b"II*\x00\xff\xff\xff\xff"])
def test_a_picture_with_broken_exif_refuses_its_row(
    broken: bytes, import_file: ImportFile, write_file: WriteFile, tmp_path: Path
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    _picture(tmp_path / "red.png", "red", exif=exif)
    whole = (tmp_path / "red.png").read_bytes()
    head = whole.index(b"eXIf") + 4
    (tmp_path / "red.png").write_bytes(whole[:head] + broken + whole[head + len(broken) :])

    outcome = import_file(write_file(HEADER, "A,Hat,1,red.png,", "B,Cap,2,,"))

    assert outcome.status == 2
    assert [line.rpartition("[")[2] for line in outcome.err] == ["image_unreadable]"]
    assert list(Product.objects.values_list("sku", flat=True)) == ["B"]


def test_a_damaged_archive_refuses_the_rows_of_what_it_lost(
    import_file: ImportFile, write_file: WriteFile, tmp_path: Path
) -> None:
    archive = tmp_path / "pictures.zip"
    for colour in ("red", "blue"):
        _picture(tmp_path / f"{colour}.png", colour)
    with zipfile.ZipFile(archive, "w") as packed:
        packed.write(tmp_path / "red.png", "red.png")
        packed.write(tmp_path / "blue.png", "blue.png")
    content = archive.read_bytes()
    archive.write_bytes(content.replace(b"IDAT", b"IDAX", 1))

    outcome = import_file(write_file(HEADER, "A,Hat,1,red.png,", "B,Cap,2,blue.png,"), "--images", str(archive))

    assert [line.rpartition("[")[2] for line in outcome.err] == ["image_unreadable]"]
    assert list(Product.objects.values_list("sku", flat=True)) == ["B"]


def test_a_picture_loses_where_it_was_taken(import_file: ImportFile, write_file: WriteFile, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    _picture(tmp_path / "red.jpg", "red", exif=exif)

    import_file(write_file(HEADER, "A,Hat,1,red.jpg,"))

    stored = default_storage.open(str(ProductImage.objects.get().image)).read()
    assert b"taken at home" not in stored
    assert Image.open(io.BytesIO(stored)).size == (8, 4)


def test_livostyle_thumbnails_are_found_by_handle(import_file: ImportFile) -> None:
    outcome = import_file(LIVOSTYLE / "products.csv", "--images", str(LIVOSTYLE))

    assert outcome.out == ["9 changed: 9 created, 0 updated, 0 unchanged, 1 refused"]
    assert len(outcome.err) == 1
    assert outcome.err[0].startswith("line 9, column handle, value 'sleeveless-performance-knit-swim-dress.jpg': not a")
    shown = ProductImage.objects.order_by("product_id").values_list("product__slug", "alt_text")
    assert list(shown) == [
        ("openwork-v-neck-slit-cover-up", "Openwork V-Neck Slit Cover-Up"),
        ("flower-pu-leather-stiletto-heel-sandals", "Flower PU Leather Stiletto Heel Sandals"),
    ]
