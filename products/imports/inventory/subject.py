"""The stock's part in `common.imports.subjects`: inventory."""

from common.imports.subjects import ImportSubject, import_subjects
from products.imports.inventory.applying import SUBJECT
from products.imports.inventory.columns import FORMATS
from products.imports.inventory.exporting import export_levels
from products.imports.inventory.service import LOCK, OPTIONS, run_feed
from products.imports.inventory.undo import undo_feed

INVENTORY = ImportSubject(
    formats=tuple(FORMATS),
    permission="products.add_stockmovement",
    lock=LOCK,
    run=run_feed,
    undo=undo_feed,
    export=export_levels,
    export_permission="products.view_product",
    options=OPTIONS,
)


def register() -> None:
    """Let commands, the admin and the API import and export levels of stock."""
    import_subjects.register(SUBJECT, INVENTORY)
