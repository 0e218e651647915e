"""Filling in columns of tables that are in use: in batches, with breaks, from where it was when it was killed."""
