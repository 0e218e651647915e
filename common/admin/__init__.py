"""The admin pages of operations; importing this registers them."""

from common.admin import audit, backups, deprecations, export_jobs, import_jobs, imports, operations, webhooks

__all__ = ["audit", "backups", "deprecations", "export_jobs", "import_jobs", "imports", "operations", "webhooks"]
