"""Which gateways there are and which of them the shop has switched on."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from common.errors import InvalidInput, NotFound
from payments.gateways import dummy_events, stripe_settings
from payments.gateways.dummy import DummyGateway
from payments.gateways.manual import ManualGateway
from payments.gateways.protocol import EventSource, Gateway
from payments.gateways.stripe_gateway import StripeGateway

KNOWN: dict[str, Gateway] = {gateway.name: gateway for gateway in (ManualGateway(), DummyGateway(), StripeGateway())}
# The shop keeps money in two decimals; amounts of these currencies cannot be kept.
THREE_DECIMAL_CURRENCIES = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})


def enabled() -> list[Gateway]:
    """The gateways that customers may choose, in the order of PAYMENT_GATEWAYS."""
    return [KNOWN[name] for name in settings.PAYMENT_GATEWAYS]


def choose(name: str) -> Gateway:
    """The gateway that a customer asked for; raises InvalidInput unless it is switched on."""
    for gateway in enabled():
        if gateway.name == name:
            return gateway
    raise InvalidInput.of("payment_method", "invalid_choice", "This payment method is not offered.")


def of_payment(name: str) -> Gateway:
    """The gateway of an existing payment, switched on or not."""
    return KNOWN[name]


def event_source(name: str) -> EventSource:
    """The gateway that sends webhooks under the name; raises NotFound."""
    for gateway in enabled():
        if gateway.name == name and isinstance(gateway, EventSource):
            return gateway
    raise NotFound


def require_sound_settings() -> None:
    """Refuse to start with gateways that do not exist, a secret that is empty or a currency that cannot be kept."""
    if unknown := set(settings.PAYMENT_GATEWAYS) - set(KNOWN):
        raise ImproperlyConfigured(f"PAYMENT_GATEWAYS names unknown gateways: {', '.join(sorted(unknown))}")
    if "dummy" in settings.PAYMENT_GATEWAYS and not dummy_events.active_secrets():
        raise ImproperlyConfigured("DUMMY_WEBHOOK_SECRETS must hold a secret while the dummy gateway is on")
    if "stripe" in settings.PAYMENT_GATEWAYS and (missing := stripe_settings.missing()):
        raise ImproperlyConfigured(f"{', '.join(missing)} must be set while the stripe gateway is on")
    if settings.SHOP_CURRENCY in THREE_DECIMAL_CURRENCIES:
        raise ImproperlyConfigured(f"SHOP_CURRENCY {settings.SHOP_CURRENCY} has three decimals; the shop keeps two")
