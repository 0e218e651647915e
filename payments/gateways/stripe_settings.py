"""What the Stripe gateway needs to know of this shop."""

from django.conf import settings

REQUIRED = ("STRIPE_SECRET_KEY", "STRIPE_PUBLISHABLE_KEY", "STRIPE_REFERENCE_PREFIX", "STRIPE_API_BASE")


def missing() -> list[str]:
    """The settings that are empty and must not be."""
    empty = [name for name in REQUIRED if not getattr(settings, name).strip()]
    return empty if webhook_secrets() else [*empty, "STRIPE_WEBHOOK_SECRETS"]


def webhook_secrets() -> list[str]:
    """The secrets that sign now; several while one replaces another."""
    return [secret for secret in settings.STRIPE_WEBHOOK_SECRETS if secret.strip()]
