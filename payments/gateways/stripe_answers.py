"""What Stripe's API answers, read: its objects as plain dictionaries, its errors as refusals and silences."""

from collections.abc import Callable
from typing import Any

import stripe
import structlog

from payments.gateways.protocol import GatewayRefused, GatewayTimeout

logger = structlog.stdlib.get_logger(__name__)


class Misconfigured(GatewayTimeout):
    """Stripe does not accept our key: nothing was done, and nothing is known of what was done before."""


class ReplayedFault(GatewayTimeout):
    """Stripe failed when it saw the idempotency key first, and says so again for as long as it keeps the key."""


def answer(call: Callable[[], stripe.StripeObject]) -> dict[str, Any]:
    """The object that a call returns, as a dictionary.

    Raises GatewayRefused for a declined card and a request that Stripe will never do, GatewayTimeout (Misconfigured,
    ReplayedFault) for everything after which the result is not known: no answer, rate limits, faults at Stripe.
    """
    try:
        return call().to_dict()
    except stripe.CardError as error:
        raise GatewayRefused(_decline_code(error), error.user_message or "The card was declined.") from error
    except stripe.IdempotencyError as error:
        # An earlier request had the key and other parameters: the prefix is shared with another shop.
        logger.exception("stripe_key_used_otherwise", request_id=error.request_id)
        raise GatewayTimeout("the key was used for another request") from error
    except stripe.InvalidRequestError as error:
        raise GatewayRefused(error.code or "invalid_request", error.user_message or "Stripe refused it.") from error
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        logger.exception("stripe_key_not_accepted", request_id=error.request_id)
        raise Misconfigured("Stripe does not accept STRIPE_SECRET_KEY") from error
    except stripe.StripeError as error:
        logger.warning("stripe_fault", kind=type(error).__name__, http_status=error.http_status, detail=str(error))
        was_replayed = (error.headers or {}).get("Idempotent-Replayed") == "true"
        raise (ReplayedFault if was_replayed else GatewayTimeout)(type(error).__name__) from error


def _decline_code(error: stripe.CardError) -> str:
    declined = error.error.decline_code if error.error is not None else None
    return declined or error.code or "card_declined"
