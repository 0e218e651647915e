"""Pictures that files name by address: ordered by the import, fetched by the worker, taken back by an undo."""

import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from PIL import Image
from pytest_django import Settings
from rest_framework.test import APIClient

from common.errors import StorageFull
from common.failpoints import FailpointReached
from products.models import ProductImage, WantedPicture
from products.services import images, remote_pictures
from products.services.remote_pictures import fetch_due_pictures
from products.services.renditions import make_due_renditions
from tests.factories.products import ImageFactory, ProductFactory
from tests.imports.conftest import ImportFile, UndoBatch, WriteFile
from tests.imports.test_undo import assert_integrity, database
from tests.scripted_server import Script, ScriptedServer, answer, scripted_server

pytestmark = pytest.mark.django_db

SHOPIFY = "Handle,Title,Variant SKU,Variant Price,Image Src,Image Position,Image Alt Text"


def picture(colour: str) -> bytes:
    packed = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    Image.new("RGB", (8, 6), colour).save(packed, "PNG", exif=exif)
    return packed.getvalue()


def other_shop() -> Script:
    answers = {b"/red.png": answer(picture("red")), b"/blue.png": answer(picture("blue"))}

    def send(connection: Any, request: bytes) -> None:
        path = request.split(b" ")[1].partition(b"?")[0]
        answers.get(path, answer(b"gone", status="404 Not Found"))(connection, request)

    return send


@pytest.fixture(autouse=True)
def _media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.REMOTE_FILES_ALSO_FROM = ("127.0.0.1/32",)
    settings.PICTURE_WIDTHS = [4]


@pytest.fixture
def shop() -> Iterator[ScriptedServer]:
    with scripted_server(other_shop()) as server:
        yield server


def shown(sku: str) -> list[tuple[str, int, bool]]:
    rows = ProductImage.objects.filter(product__sku=sku).order_by("order")
    return list(rows.values_list("alt_text", "order", "is_featured"))


def wanted() -> list[tuple[str, str]]:
    rows = WantedPicture.objects.order_by("product_id", "place")
    return [(row.url.rpartition("/")[2], row.state) for row in rows]


def due_now() -> None:
    WantedPicture.objects.filter(state="waiting").update(next_attempt_at=timezone.now() - timedelta(seconds=1))


def order(url: str, **fields: Any) -> WantedPicture:
    product = fields.pop("product", None) or ProductFactory.create()
    return WantedPicture.objects.create(product=product, url=url, **fields)


def test_shopifys_pictures_are_fetched_after_the_import(
    import_file: ImportFile, write_file: WriteFile, shop: ScriptedServer, guest: APIClient
) -> None:
    path = write_file(
        SHOPIFY,
        f"hat,Hat,HAT,1,{shop.url('/red.png?v=2')},1,Front",
        f"hat,,,,{shop.url('/blue.png')},2,",
        f"hat,,,,{shop.url('/gone.png')},3,",
    )

    outcome = import_file(path)

    assert (outcome.out[-1], shop.requests, shown("HAT")) == (
        "1 changed: 1 created, 0 updated, 0 unchanged, 0 refused",
        [],
        [],
    )
    assert fetch_due_pictures() == 3
    assert shown("HAT") == [("Front", 1, False), ("", 2, False)]
    assert wanted() == [("red.png?v=2", "done"), ("blue.png", "done"), ("gone.png", "failed")]
    assert WantedPicture.objects.get(state="failed").error == "the server answers 404 [http_status]"
    make_due_renditions()
    body = guest.get("/api/v1/products/hat/").json()
    assert (body["image"]["alt_text"], len(body["image"]["renditions"])) == ("Front", 2)
    assert b"taken at home" not in default_storage.open(str(ProductImage.objects.first())).read()
    assert import_file(path).out == ["0 changed: 0 created, 0 updated, 1 unchanged, 0 refused"]
    assert (fetch_due_pictures(), len(shop.requests)) == (0, 3)


def test_woocommerces_pictures_are_fetched(
    import_file: ImportFile, write_file: WriteFile, shop: ScriptedServer
) -> None:
    path = write_file(
        "Type,SKU,Name,Published,Regular price,Images",
        f'simple,HAT,Hat,1,5,"{shop.url("/red.png")}, {shop.url("/blue.png")}, ftp://x.example/a.png"',
    )

    import_file(path)
    fetch_due_pictures()

    assert shown("HAT") == [("Hat", 1, False), ("Hat", 2, False)]


def test_native_files_may_name_addresses_too_and_keep_the_pictures_that_are_there(
    import_file: ImportFile, write_file: WriteFile, shop: ScriptedServer, tmp_path: Path
) -> None:
    ImageFactory.create(product=ProductFactory.create(sku="A", name="Hat"), image="products/own.png", alt_text="Own")
    Image.new("RGB", (8, 4), "green").save(tmp_path / "green.png")

    import_file(write_file("sku,images", f"A,{shop.url('/red.png')}"))
    fetch_due_pictures()
    assert shown("A") == [("Own", 1, False), ("Hat", 1, False)]
    mixed = write_file("sku,images", f"A,green.png | {shop.url('/red.png')} | {shop.url('/blue.png')}")
    import_file(mixed)
    fetch_due_pictures()

    assert sorted(shown("A")) == [("Hat", 1, False), ("Hat", 1, True), ("Hat", 3, False)]
    assert import_file(mixed).out[-1].startswith("0 changed")
    import_file(write_file("sku,images", "A,green.png"))
    assert shown("A") == [("Hat", 1, True)]


def test_an_export_with_fetched_pictures_imports_to_no_change(
    import_file: ImportFile, write_file: WriteFile, shop: ScriptedServer, tmp_path: Path
) -> None:
    import_file(write_file("sku,name,price,images", f"A,Hat,1,{shop.url('/red.png')}"))
    fetch_due_pictures()

    call_command("export_products", str(tmp_path / "export.csv"))

    assert import_file(tmp_path / "export.csv").out[-1].startswith("0 changed")


def test_a_file_that_is_here_is_not_fetched_now_or_later(
    import_file: ImportFile, write_file: WriteFile, shop: ScriptedServer, tmp_path: Path
) -> None:
    (tmp_path / "red.png").write_bytes(picture("red"))
    path = write_file(SHOPIFY, f"hat,Hat,HAT,1,{shop.url('/red.png')},1,Front")

    import_file(path, "--images", str(tmp_path))
    assert import_file(path).out[-1].startswith("0 changed")

    assert (fetch_due_pictures(), shop.requests, shown("HAT")) == (0, [], [("Front", 1, True)])


def test_a_dry_run_says_what_is_new_and_orders_nothing(
    import_file: ImportFile, write_file: WriteFile, shop: ScriptedServer
) -> None:
    ProductFactory.create(sku="A", name="Hat")

    outcome = import_file(write_file("sku,images", f"A,{shop.url('/red.png')}"), "--dry-run")

    assert outcome.out[0].startswith("line 2: update product A image_urls: [] -> ['http://127.0.0.1")
    assert WantedPicture.objects.count() == 0


@pytest.mark.parametrize("is_fetched", [False, True])
def test_an_undo_takes_back_what_was_ordered_and_what_came_of_it(
    import_file: ImportFile, undo_batch: UndoBatch, write_file: WriteFile, shop: ScriptedServer, is_fetched: bool
) -> None:
    product = ProductFactory.create(sku="OLD", name="Old", slug="old", price=1)
    ImageFactory.create(product=product, image="products/own.png", alt_text="Own")
    order(shop.url("/blue.png"), product=product)
    fetch_due_pictures()
    before = database()
    path = write_file(
        "sku,name,price,images",
        f"OLD,Old,1,{shop.url('/blue.png')} | {shop.url('/red.png')}",
        f"NEW,New,1,{shop.url('/red.png')} | {shop.url('/gone.png')}",
    )
    batch = import_file(path).batch
    if is_fetched:
        fetch_due_pictures()
        assert len(shown("OLD")) == 3
    assert database() != before

    outcome = undo_batch(batch)

    assert (outcome.status, outcome.out[-1]) == (0, "2 put back, 0 left")
    assert database() == before
    assert_integrity()
    assert import_file(path).out[-1] == "2 changed: 1 created, 1 updated, 0 unchanged, 0 refused"


def test_an_undo_leaves_a_product_whose_fetched_picture_somebody_described(
    import_file: ImportFile, undo_batch: UndoBatch, write_file: WriteFile, shop: ScriptedServer
) -> None:
    batch = import_file(write_file("sku,name,price,images", f"NEW,New,1,{shop.url('/red.png')}")).batch
    fetch_due_pictures()
    ProductImage.objects.update(alt_text="A hat, seen from the front")

    outcome = undo_batch(batch)

    assert (outcome.status, outcome.out[0]) == (2, "line 2: left product NEW (images: changed since)")
    assert shown("NEW") == [("A hat, seen from the front", 1, False)]


def test_what_an_undo_took_back_while_it_was_fetched_is_not_added(
    shop: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    order(shop.url("/red.png"))

    def keep(content: bytes) -> str:
        WantedPicture.objects.all().delete()
        return images.keep_picture(content)

    monkeypatch.setattr(remote_pictures, "keep_picture", keep)
    fetch_due_pictures()

    assert ProductImage.objects.count() == 0


def test_the_same_picture_at_two_addresses_is_shown_once(shop: ScriptedServer) -> None:
    product = ProductFactory.create(sku="A")
    first, second = (order(shop.url(f"/red.png?v={n}"), product=product) for n in (1, 2))

    assert fetch_due_pictures() == 2

    for each in (first, second):
        each.refresh_from_db()
    assert [first.picture_id, second.picture_id] == [ProductImage.objects.get().id, None]


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("http://10.0.0.1/a.png", "10.0.0.1 is not on the public internet [private_address]"),
        ("http://[::1]/a.png", "::1 is not on the public internet [private_address]"),
        ("http://a:b@cdn.example/a.png", "an address with a name or password in it [bad_address]"),
    ],
)
def test_what_leads_inside_is_given_up_at_once(url: str, error: str) -> None:
    row = order(url)

    fetch_due_pictures()

    row.refresh_from_db()
    assert (row.state, row.error, row.attempts) == ("failed", error, 1)


def test_what_is_no_picture_is_given_up_at_once() -> None:
    with scripted_server(answer(b"<html>Buy now</html>", Content_Type="image/png")) as server:
        row = order(server.url())
        fetch_due_pictures()

    row.refresh_from_db()
    assert (row.state, row.error) == ("failed", "A JPEG, PNG, WebP or GIF picture is needed.")


def test_a_server_in_trouble_is_asked_again_with_longer_pauses_and_then_given_up() -> None:
    with scripted_server(answer(b"", status="503 Busy")) as server:
        row = order(server.url())
        pauses = []
        for _ in range(remote_pictures.MOST_ATTEMPTS):
            due_now()
            assert (fetch_due_pictures(), fetch_due_pictures()) == (1, 0)
            row.refresh_from_db()
            pauses.append(round((row.next_attempt_at - timezone.now()).total_seconds() / 60))

    assert pauses == [2, 4, 8, 16, 32, 64]
    assert (row.state, row.error) == ("failed", "the server answers 503 [http_status]")
    assert len(server.requests) == 6


def test_failed_ones_are_tried_again_by_the_command(shop: ScriptedServer, capsys: Any) -> None:
    order(shop.url("/red.png"), state="failed", error="the server answers 503 [http_status]")

    call_command("fetch_pictures")
    call_command("fetch_pictures", "--failed")

    assert capsys.readouterr().out.splitlines() == [
        "0 addresses tried, 0 waiting, 1 given up",
        "1 addresses tried, 0 waiting, 0 given up",
    ]


@pytest.mark.parametrize("point", ["fetching.after_claim", "fetching.before_commit"])
def test_a_worker_that_dies_leaves_the_address_for_another(
    shop: ScriptedServer, settings: Settings, point: str
) -> None:
    row = order(shop.url("/red.png"))
    settings.FAILPOINTS = f"{point}=raise"
    with pytest.raises(FailpointReached):
        fetch_due_pictures()
    settings.FAILPOINTS = ""

    assert fetch_due_pictures() == 0
    due_now()
    assert fetch_due_pictures() == 1
    row.refresh_from_db()
    assert (row.state, ProductImage.objects.count()) == ("done", 1)


def test_a_full_disk_costs_no_attempt(shop: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    row = order(shop.url("/red.png"))

    def full(content: bytes) -> str:
        raise StorageFull

    with monkeypatch.context() as patched:
        patched.setattr(remote_pictures, "keep_picture", full)
        assert fetch_due_pictures() == 0

    row.refresh_from_db()
    assert (row.state, row.attempts) == ("waiting", 0)


def test_a_product_with_fifty_pictures_gets_no_more(shop: ScriptedServer) -> None:
    product = ProductFactory.create()
    for _ in range(50):
        ImageFactory.create(product=product)
    row = order(shop.url("/red.png"), product=product)

    fetch_due_pictures()

    row.refresh_from_db()
    assert (row.state, row.error) == ("failed", "A product has at most 50 pictures.")


@pytest.mark.parametrize("change", ["state = 'done'", "state = 'failed'", "state = 'gone'", "picture_id = 1"])
def test_the_database_refuses_what_makes_no_sense(change: str) -> None:
    order("https://cdn.example/a.png")

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE products_wantedpicture SET {change}")
