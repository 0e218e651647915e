"""Gateways: the companies that move the money, each behind the one protocol."""
