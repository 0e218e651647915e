"""The catalogue's part in `common.imports.subjects`: products."""

from collections.abc import Iterator, Sequence

from common.imports.subjects import ImportSubject, import_subjects
from products.imports.exporting import export_rows
from products.imports.formats.native import COLUMNS
from products.imports.formats.registry import FORMATS
from products.imports.service import LOCK, SUBJECT, run_import
from products.imports.undo.service import undo_products


def _export() -> Iterator[Sequence[str]]:
    yield COLUMNS
    for row in export_rows():
        yield [row.get(column, "") for column in COLUMNS]


PRODUCTS = ImportSubject(
    formats=tuple(FORMATS),
    permission="products.change_product",
    lock=LOCK,
    run=run_import,
    undo=undo_products,
    export=_export,
    export_permission="products.view_product",
    takes_images=True,
)


def register() -> None:
    """Let commands, the admin and the API import and export products."""
    import_subjects.register(SUBJECT, PRODUCTS)
