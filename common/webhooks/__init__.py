"""Webhooks out: endpoints that staff name, and the sending of events to them."""
