"""The client that talks to Stripe's API."""

from functools import lru_cache

import stripe
from django.conf import settings


def client() -> stripe.StripeClient:
    """Stripe's API with this shop's key; every request ends within PAYMENT_GATEWAY_TIMEOUT_SECONDS."""
    return _client(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE, settings.PAYMENT_GATEWAY_TIMEOUT_SECONDS)


@lru_cache(maxsize=4)
def _client(key: str, base: str, timeout: float) -> stripe.StripeClient:
    # No retries in the library: the reconciling job repeats what was not answered, outside of anybody's request.
    return stripe.StripeClient(
        key,
        base_addresses={"api": base},
        max_network_retries=0,
        http_client=stripe.RequestsClient(timeout=timeout),
    )
