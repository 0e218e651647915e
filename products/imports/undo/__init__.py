"""Undoing an import: what no one has changed since goes back to what it was."""
