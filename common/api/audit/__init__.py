"""The audit over HTTP, for staff to read."""
