"""The feed of events over HTTP, for staff's programs to read."""
