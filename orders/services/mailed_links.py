"""The links to an order in its customer's mails: for a guest with a token, for a user without.

The token of mailed links is derived from SECRET_KEY and the order's number, so every mail of an order carries the same
one and it is kept nowhere: the order has its hash, and queued mails have a mark in its place. It opens what the token
of the checkout opens.
"""

import base64

from django.conf import settings
from django.utils.crypto import salted_hmac

from common.mail import SECRET_MARK
from common.tokens import hash_token
from orders.models import Order

SECRET_NAME = "order_token"  # noqa: S105 - the name of one


def link_to(order: Order) -> str:
    """The storefront's page of the order, with the mark of a token for guests."""
    path = settings.STOREFRONT_PATHS["order" if order.user_id else "guest_order"]
    return settings.STOREFRONT_URL.rstrip("/") + path.format(order_number=order.order_number, token=SECRET_MARK)


def secret_name_for(order: Order) -> str:
    """What `queue_mail` is told: whether the link of this order's mails has a token."""
    return "" if order.user_id else SECRET_NAME


def token_for(resource: str) -> str | None:
    """The token for the mails about `order:NUMBER…`, its hash kept with the order; None for no such order."""
    order_number = resource.split(":")[1]
    digest = salted_hmac("orders.mailed_links", order_number, algorithm="sha256").digest()
    token = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    orders = Order.objects.filter(order_number=order_number)
    orders.exclude(mailed_token_hash=hash_token(token)).update(mailed_token_hash=hash_token(token))
    return token if orders.exists() else None
