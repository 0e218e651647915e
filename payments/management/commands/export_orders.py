"""`manage.py export_orders`: writes the orders as a CSV file that `import_orders` reads."""

from common.management.importing import ExportCommand


class Command(ExportCommand):
    help = "Export orders with their lines, payments and refunds as CSV to a file or to standard output."
    subject_name = "orders"
