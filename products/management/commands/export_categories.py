"""`manage.py export_categories`: writes the category tree as CSV; docs/import.md describes it."""

from common.management.importing import ExportCommand


class Command(ExportCommand):
    help = "Export the category tree as CSV to a file or, without one, to standard output."
    subject_name = "categories"
