"""What the outbox does about the catalogue; run by the relay, each once."""

from common import outbox
from common.outbox import Event
from products.services import stock_notices


def register() -> None:
    """Called once, when the applications are ready."""
    outbox.subscribe("user.erased", "products.forget_stock_notices", forget_stock_notices)


def forget_stock_notices(event: Event) -> None:
    """An account was erased: nobody waits for anything any more."""
    stock_notices.forget_user(event.payload["user_id"])
