"""An import that waits too long for another one, or an undo for an import, gives up in one line."""

from collections.abc import Callable

import pytest
from django.db import connection, transaction

from common.locking import advisory_lock
from common.management.importing import TAKEN
from products.imports.service import LOCK
from products.models import Product
from tests.imports.conftest import ImportFile, Outcome, UndoBatch, WriteFile
from tests.live import all_at_once

pytestmark = pytest.mark.django_db(transaction=True)


def _impatiently(call: Callable[..., Outcome], *arguments: object) -> Outcome:
    """In a connection of its own, which waits a tenth of a second for locks."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '100ms'")
        return call(*arguments)
    finally:
        connection.close()


def test_a_second_import_and_an_undo_give_up(
    import_file: ImportFile, undo_batch: UndoBatch, write_file: WriteFile
) -> None:
    batch = import_file(write_file("sku,name,price", "A,A,1")).batch
    path = write_file("sku,name,price", "B,B,1", name="second.csv")

    with transaction.atomic():
        advisory_lock(LOCK)
        imported, undone = all_at_once(
            [lambda: _impatiently(import_file, path), lambda: _impatiently(undo_batch, batch)]
        )

    for outcome in (imported, undone):
        assert (outcome.status, outcome.out, outcome.err) == (1, [], [TAKEN])
    assert list(Product.objects.values_list("sku", flat=True)) == ["A"]
    assert import_file(path).status == 0
