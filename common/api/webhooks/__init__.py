"""Endpoints of webhooks over HTTP, for staff."""
