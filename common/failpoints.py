"""Named points at which a test can make an operation raise, die or hang; no-ops unless the setting names them.

The setting FAILPOINTS holds `name=action` pairs split by commas; an action is `raise`, `exit` (as kill -9 would) or
`hang:SECONDS`. A name that is not in POINTS is refused: what a test breaks must exist.
"""

import os
import time

from django.conf import settings

POINTS = frozenset(
    {
        *("checkout.after_lock", "checkout.after_stock", "checkout.after_insert", "checkout.before_commit"),
        "checkout.after_commit",
        *("payment.after_intent", "payment.after_gateway", "payment.after_cancel", "payment.before_commit"),
        *("refund.after_intent", "refund.after_gateway", "refund.before_commit"),
        *("webhook.after_store", "webhook.before_commit"),
        *("expiry.after_lock", "expiry.before_commit"),
        *("mail.after_claim", "mail.after_send"),
        *("delivery.after_claim", "delivery.after_send"),
        *("import.after_staging", "import.before_products", "import.after_products", "import.before_commit"),
        *("fetching.after_claim", "fetching.before_commit"),
        *("renditions.after_claim", "renditions.before_commit"),
        *("job.after_begin", "job.before_commit"),
        "backfill.before_commit",
        *("feed.before_commit", "feed.after_block"),
        *("import.after_accounts", "import.after_orders"),
        *("aggregation.after_lock", "aggregation.after_write", "aggregation.before_commit"),
    }
)


class FailpointReached(Exception):
    """Raised where a test asked for a failure."""


def failpoint(name: str) -> None:
    """Do what the setting says for this point, if it says anything."""
    if settings.FAILPOINTS:
        _act(name, _configured().get(name, ""))


def _configured() -> dict[str, str]:
    pairs = (pair.partition("=") for pair in settings.FAILPOINTS.split(","))
    actions = {name.strip(): action.strip() for name, _, action in pairs}
    if unknown := actions.keys() - POINTS:
        raise LookupError(f"there is no failpoint {', '.join(sorted(unknown))}")
    return actions


def _act(name: str, action: str) -> None:
    if action == "raise":
        raise FailpointReached(name)
    if action == "exit":
        os._exit(137)
    if action.startswith("hang"):
        time.sleep(float(action.partition(":")[2] or 3600))
