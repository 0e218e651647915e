"""Catalogue import and export: files in, files out, nothing about HTTP."""
