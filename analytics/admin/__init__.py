"""The admin pages of analytics: to look at, never to edit."""

from analytics.admin.pages import AggregatedDayAdmin, ProductViewAdmin, SalesAggregateAdmin

__all__ = ["AggregatedDayAdmin", "ProductViewAdmin", "SalesAggregateAdmin"]
