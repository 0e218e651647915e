"""Each import that changes something is a batch; `manage.py import_batches` lists them."""

from io import StringIO

import pytest
from django.core.management import call_command

from common.models import ImportBatch, ImportChange
from products.models import Product
from tests.factories.authentication import UserFactory
from tests.factories.products import ProductFactory
from tests.imports.conftest import ImportFile, UndoBatch, WriteFile


def listed() -> list[str]:
    out = StringIO()
    call_command("import_batches", stdout=out)
    return out.getvalue().splitlines()


def test_a_batch_says_who_when_what_and_how_much(import_file: ImportFile, write_file: WriteFile) -> None:
    user = UserFactory.create(email="ada@example.com")
    ProductFactory.create(sku="A", name="A", price=1)
    ProductFactory.create(sku="B", name="B", price=1)
    path = write_file("sku,name,price", "A,A,2", "B,B,1", "C,C,1", "D,,1", "E,E", name="spring.csv")

    outcome = import_file(path, "--actor", "ADA@example.com")

    batch = ImportBatch.objects.get()
    assert outcome.batch == batch.id
    assert (batch.file_name, batch.format, batch.mode, batch.status) == ("spring.csv", "native", "upsert", "applied")
    assert (batch.created_count, batch.updated_count, batch.unchanged_count, batch.refused_count) == (1, 1, 1, 2)
    assert batch.actor == user
    changes = ImportChange.objects.order_by("line").values_list("line", "kind", "action", "label", "before")
    assert list(changes) == [
        (2, "product", "updated", "A", {"price": 1.0}),
        (4, "product", "created", "C", None),
    ]


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_what_changes_nothing_is_no_batch(
    options: tuple[str, ...], import_file: ImportFile, write_file: WriteFile
) -> None:
    ProductFactory.create(sku="A", price=1)

    outcome = import_file(write_file("sku,price", "A,2" if options else "A,1"), *options)

    assert outcome.batch == 0
    assert not ImportBatch.objects.exists()


def test_the_latest_is_listed_first(import_file: ImportFile, undo_batch: UndoBatch, write_file: WriteFile) -> None:
    assert listed() == ["Nothing was imported yet."]
    UserFactory.create(email="ada@example.com")
    first = import_file(write_file("sku,name,price", "A,A,1")).batch
    second = import_file(write_file("sku,price", "A,2"), "--actor", "ada@example.com").batch
    undo_batch(second, "--actor", "ada@example.com")

    lines = listed()

    assert [line.split()[0] for line in lines] == [str(second), str(first)]
    assert (
        "  ada@example.com  products products.csv  native upsert  0 created, 1 updated, 0 refused  undone " in lines[0]
    )
    assert lines[0].endswith(" by ada@example.com: 1 put back, 0 left")
    assert lines[1].endswith("  -  products products.csv  native upsert  1 created, 0 updated, 0 refused  applied")


def test_an_unknown_actor_is_refused(import_file: ImportFile, write_file: WriteFile) -> None:
    outcome = import_file(write_file("sku,name,price", "A,A,1"), "--actor", "nobody@example.com")

    assert (outcome.status, outcome.err) == (1, ["nothing done: there is no user nobody@example.com"])
    assert not Product.objects.exists()
