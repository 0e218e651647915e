"""Quotes and writes of shipping methods, zones and rates."""
