"""Customers with their address books, into the shop and out of it: files, checks, batches and undo."""
