"""products/{slug}/images/: staff upload pictures, which are checked and made safe."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from pytest_django import Settings
from rest_framework.test import APIClient

from products.models import Product, ProductImage
from tests.factories.products import ProductFactory

pytestmark = pytest.mark.django_db

URL = "/api/v1/products/boot/images/"


@pytest.fixture(autouse=True)
def boot(db: None, settings: Settings, tmp_path: Path) -> Product:
    settings.MEDIA_ROOT = tmp_path
    return ProductFactory.create(slug="boot")


def picture(image_format: str = "JPEG", colour: str = "red", exif: Image.Exif | None = None) -> bytes:
    packed = io.BytesIO()
    options = {"exif": exif} if exif else {}
    Image.new("RGB", (8, 6), colour).save(packed, image_format, **options)
    return packed.getvalue()


def upload(client: APIClient, content: bytes, name: str = "boot.jpg", **fields: Any) -> Any:
    body = {"image": SimpleUploadedFile(name, content, "image/jpeg"), **fields}
    return client.post(URL, body, format="multipart")


def bomb() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def test_a_picture_is_stored_and_shown(clerk: APIClient, guest: APIClient, tmp_path: Path) -> None:
    response = upload(clerk, picture(), alt_text="A boot", is_featured="true", order="3")

    body = response.json()
    assert response.status_code == 201, body
    assert body["url"].startswith("/media/products/")
    assert (body["alt_text"], body["is_featured"], body["order"]) == ("A boot", True, 3)
    shown = guest.get("/api/v1/products/boot/").json()
    unmade: dict[str, Any] = {"width": None, "height": None, "renditions": []}
    assert shown["image"] == {"url": body["url"], "alt_text": "A boot", **unmade}
    assert shown["images"] == [{"url": body["url"], "alt_text": "A boot", "is_featured": True, "order": 3, **unmade}]
    assert (tmp_path / body["url"].removeprefix("/media/")).is_file()


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "GIF"])
def test_metadata_and_what_hides_behind_the_picture_are_gone(
    clerk: APIClient, tmp_path: Path, image_format: str
) -> None:
    exif = Image.Exif()
    exif[0x010E] = "secret place"

    sent = picture(image_format, exif=None if image_format == "GIF" else exif)
    body = upload(clerk, sent + b"<script>alert(1)</script>").json()

    stored = tmp_path / body["url"].removeprefix("/media/")
    kept = stored.read_bytes()
    assert b"secret place" not in kept
    assert b"<script>" not in kept
    with Image.open(stored) as image:
        assert (image.size, dict(image.getexif())) == ((8, 6), {})


def test_a_turned_picture_is_stored_upright_without_saying_where_it_was_taken(clerk: APIClient, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 8.0, 12.0)})
    sent = picture(exif=exif)
    assert dict(Image.open(io.BytesIO(sent)).getexif().get_ifd(0x8825)) != {}

    body = upload(clerk, sent).json()

    with Image.open(tmp_path / body["url"].removeprefix("/media/")) as image:
        assert (image.size, dict(image.getexif()), dict(image.getexif().get_ifd(0x8825))) == ((6, 8), {}, {})


@pytest.mark.parametrize("image_format", ["GIF", "WEBP", "PNG"])
def test_of_a_moving_picture_the_first_frame_is_kept(clerk: APIClient, tmp_path: Path, image_format: str) -> None:
    packed = io.BytesIO()
    frames = [Image.new("RGB", (8, 6), colour) for colour in ("blue", "green")]
    frames[0].save(packed, image_format, save_all=True, append_images=frames[1:], duration=100, loop=0)

    body = upload(clerk, packed.getvalue()).json()

    with Image.open(tmp_path / body["url"].removeprefix("/media/")) as image:
        red, _, blue = image.convert("RGB").getpixel((4, 3))  # type: ignore[misc]
        assert (getattr(image, "n_frames", 1), red < 20, blue > 230) == (1, True, True)


def test_a_grey_picture_of_16_bits_keeps_its_grey(clerk: APIClient, tmp_path: Path) -> None:
    packed = io.BytesIO()
    Image.new("I;16", (8, 6), 128 * 256).save(packed, "PNG")

    body = upload(clerk, packed.getvalue()).json()

    with Image.open(tmp_path / body["url"].removeprefix("/media/")) as image:
        assert image.convert("RGB").getpixel((4, 3)) == (128, 128, 128)


def test_names_of_uploads_lead_nowhere(clerk: APIClient, tmp_path: Path) -> None:
    body = upload(clerk, picture(), name="../../etc/passwd.jpg").json()

    assert "passwd" not in body["url"]
    assert [path for path in tmp_path.rglob("*.jpg") if "products" not in path.parts] == []


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "invalid_image"),
        (b"GIF89a", "invalid_image"),
        (picture()[:200], "invalid_image"),
        (b"%PDF-1.4", "invalid_image"),
        (b"", "empty"),
        (bomb(), "image_too_large"),
        (picture("BMP"), "invalid_image"),
    ],
    ids=["svg", "cut GIF", "cut JPEG", "PDF", "nothing", "bomb", "BMP"],
)
def test_what_is_no_safe_picture_is_refused_and_leaves_nothing(
    clerk: APIClient, tmp_path: Path, content: bytes, code: str
) -> None:
    response = upload(clerk, content)

    assert response.status_code == 400
    assert [(error["field"], error["code"]) for error in response.json()["errors"]] == [("image", code)]
    assert list(tmp_path.rglob("*.*")) == []
    assert ProductImage.objects.count() == 0


def test_other_bodies_are_refused(clerk: APIClient) -> None:
    assert clerk.post(URL, {"image": "x"}).status_code == 415
    assert clerk.post(URL, {"image": "x"}, format="multipart").json()["errors"][0]["field"] == "image"
    assert clerk.post(URL, {"alt_text": "x"}, format="multipart").json()["errors"][0]["code"] == "required"
    assert upload(clerk, picture(), product="5").json()["code"] == "unknown_field"


def test_featuring_one_takes_the_mark_from_the_other(clerk: APIClient, guest: APIClient) -> None:
    first = upload(clerk, picture(), is_featured="true").json()
    second = upload(clerk, picture(colour="blue"), is_featured="true").json()

    assert list(ProductImage.objects.filter(is_featured=True).values_list("id", flat=True)) == [second["id"]]
    clerk.patch(f"{URL}{first['id']}/", {"is_featured": True})
    assert list(ProductImage.objects.filter(is_featured=True).values_list("id", flat=True)) == [first["id"]]
    assert guest.get("/api/v1/products/boot/").json()["image"]["url"] == first["url"]


def test_a_picture_is_changed_and_removed(clerk: APIClient) -> None:
    image_id = upload(clerk, picture()).json()["id"]

    changed = clerk.patch(f"{URL}{image_id}/", {"alt_text": "New", "order": 9}).json()
    refused = clerk.patch(f"{URL}{image_id}/", {"image": "x"})

    assert (changed["alt_text"], changed["order"]) == ("New", 9)
    assert refused.json()["code"] == "unknown_field"
    assert [each["id"] for each in clerk.get(URL).json()] == [image_id]
    assert clerk.delete(f"{URL}{image_id}/").status_code == 204
    assert clerk.delete(f"{URL}{image_id}/").status_code == 404


def test_a_picture_of_another_product_is_not_found(clerk: APIClient) -> None:
    other = ProductImage.objects.create(product=ProductFactory.create(), image="products/x.jpg")

    assert clerk.patch(f"{URL}{other.id}/", {"alt_text": "x"}).status_code == 404
    assert clerk.delete(f"{URL}{other.id}/").status_code == 404


def test_the_same_upload_with_the_same_key_is_one_picture(clerk: APIClient) -> None:
    def send() -> Any:
        body = (
            b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n'
            + picture()
            + b"\r\n--x--\r\n"
        )
        kind = "multipart/form-data; boundary=x"
        return clerk.post(URL, body, content_type=kind, headers={"Idempotency-Key": "once"})

    answers = [send() for _ in range(2)]

    assert [each.status_code for each in answers] == [201, 201]
    assert ProductImage.objects.count() == 1


@pytest.mark.parametrize("broken", [b"MM\xff*", b"II*\x00\xff\xff\xff\xff"])
def test_a_picture_whose_exif_is_broken_is_refused(clerk: APIClient, broken: bytes) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    whole = picture("PNG", exif=exif)
    head = whole.index(b"eXIf") + 4

    refused = upload(clerk, whole[:head] + broken + whole[head + len(broken) :])

    assert refused.status_code == 400
    assert ProductImage.objects.count() == 0


def test_a_broken_form_is_no_broken_json(clerk: APIClient) -> None:
    refused = clerk.post(URL, b"x", content_type="multipart/form-data; boundary=")

    assert (refused.status_code, refused.json()["code"]) == (400, "malformed_request")
