"""The accounts' part in `common.imports.subjects`: customers."""

from authentication.imports.exporting import export_rows
from authentication.imports.formats import FORMATS
from authentication.imports.service import LOCK, SUBJECT, run_import
from authentication.imports.undo import undo_accounts
from common.imports.subjects import ImportSubject, import_subjects

CUSTOMERS = ImportSubject(
    formats=tuple(FORMATS),
    permission="authentication.change_user",
    lock=LOCK,
    run=run_import,
    undo=undo_accounts,
    export=export_rows,
    export_permission="authentication.view_user",
)


def register() -> None:
    """Let commands, the admin and the API import and export customers."""
    import_subjects.register(SUBJECT, CUSTOMERS)
