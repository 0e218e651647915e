"""The admin pages of operations; importing this registers them."""

from common.admin import export_jobs, import_jobs, imports, operations

__all__ = ["export_jobs", "import_jobs", "imports", "operations"]
