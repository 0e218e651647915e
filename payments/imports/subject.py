"""The orders' part in `common.imports.subjects`."""

from common.imports.subjects import ImportSubject, import_subjects
from payments.imports.exporting import export_rows
from payments.imports.service import FORMATS, LOCK, SUBJECT, run_import
from payments.imports.undo import undo_orders

ORDERS = ImportSubject(
    formats=tuple(FORMATS),
    permission="orders.change_order",
    lock=LOCK,
    run=run_import,
    undo=undo_orders,
    export=export_rows,
    export_permission="orders.view_order",
)


def register() -> None:
    """Let commands, the admin and the API import and export orders."""
    import_subjects.register(SUBJECT, ORDERS)
