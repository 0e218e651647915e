"""The admin pages of operations; importing this registers them."""

from common.admin import imports, operations

__all__ = ["imports", "operations"]
