"""`manage.py export_products`: writes the catalogue as a native CSV file; docs/import.md describes it."""

from common.management.importing import ExportCommand


class Command(ExportCommand):
    help = "Export the catalogue as CSV to a file or, without one, to standard output."
    subject_name = "products"
