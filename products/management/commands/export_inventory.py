"""`manage.py export_inventory`: writes all levels of stock as CSV; docs/import.md describes it."""

from common.management.importing import ExportCommand


class Command(ExportCommand):
    help = "Export levels of stock as CSV to a file or, without one, to standard output."
    subject_name = "inventory"
