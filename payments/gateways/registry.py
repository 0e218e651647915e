"""Which gateways there are and which of them the shop has switched on."""

from functools import cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from common.errors import InvalidInput, NotFound
from payments.gateways import dummy_events, stripe_settings
from payments.gateways.protocol import EventSource, Gateway

# By their paths, since a gateway that is not used need not be loaded: Stripe's library takes 20 MB of each process.
KNOWN = {
    "manual": "payments.gateways.manual.ManualGateway",
    "dummy": "payments.gateways.dummy.DummyGateway",
    "stripe": "payments.gateways.stripe_gateway.StripeGateway",
}
# The shop keeps money in two decimals; amounts of these currencies cannot be kept.
THREE_DECIMAL_CURRENCIES = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})


def enabled() -> list[Gateway]:
    """The gateways that customers may choose, in the order of PAYMENT_GATEWAYS."""
    return [of_payment(name) for name in settings.PAYMENT_GATEWAYS]


def choose(name: str) -> Gateway:
    """The gateway that a customer asked for; raises InvalidInput unless it is switched on."""
    for gateway in enabled():
        if gateway.name == name:
            return gateway
    raise InvalidInput.of("payment_method", "invalid_choice", "This payment method is not offered.")


@cache
def of_payment(name: str) -> Gateway:
    """The gateway of an existing payment, switched on or not."""
    gateway: Gateway = import_string(KNOWN[name])()
    return gateway


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
