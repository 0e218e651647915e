"""`manage.py import_customers`: brings a file of customers into the shop; docs/import.md is its manual."""

from common.management.importing import ImportCommand


class Command(ImportCommand):
    help = "Import customers from a CSV file. Exit status: 0 all taken, 1 file refused, 2 some rows refused."
    subject_name = "customers"
