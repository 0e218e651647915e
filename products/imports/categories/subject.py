"""The tree's part in `common.imports.subjects`: categories."""

from common.imports.subjects import ImportSubject, import_subjects
from products.imports.categories.exporting import export_tree
from products.imports.categories.service import FORMAT, LOCK, SUBJECT, run_categories
from products.imports.categories.undo import undo_categories

CATEGORIES = ImportSubject(
    formats=(FORMAT,),
    permission="products.change_category",
    lock=LOCK,
    run=run_categories,
    undo=undo_categories,
    export=export_tree,
    export_permission="products.view_category",
    takes_images=True,
)


def register() -> None:
    """Let commands, the admin and the API import and export categories."""
    import_subjects.register(SUBJECT, CATEGORIES)
