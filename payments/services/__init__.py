"""Writes of payments, refunds and what gateways tell us."""
