"""Sixty days of made-up orders, planned in memory and written in sets."""
