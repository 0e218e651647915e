"""The events of accounts that leave the shop, by the account's key alone; links and alarms stay inside."""

from common.feed import register_public
from common.registry import PublicEvent

_FIELDS = ("user_id",)

EVENTS = {
    "user.registered": PublicEvent("an account was made", _FIELDS),
    "user.email_verified": PublicEvent("its address was shown to be its own", _FIELDS),
    "user.password_changed": PublicEvent("it has another password", _FIELDS),
    "user.erased": PublicEvent("the person behind it is forgotten; forget them too", _FIELDS),
}


def register() -> None:
    """Called once, when the applications are ready."""
    register_public(EVENTS.items())
