"""What analytics contributes to the applications below it, and what it wants to hear of."""

from analytics import handlers, integrity, privacy, readiness


def register() -> None:
    """Called once, when the application is ready."""
    handlers.subscribe()
    integrity.register()
    privacy.register()
    readiness.register()
