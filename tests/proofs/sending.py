"""A sender of webhooks in a process of its own, which a test may kill: sends what is due until nothing waits."""

import time

import django

django.setup()

from django.conf import settings  # noqa: E402

from common.models import WebhookDelivery  # noqa: E402
from common.webhooks import claiming, outcomes  # noqa: E402
from common.webhooks.sending import send_due  # noqa: E402


def main() -> None:
    """Send with pauses and leases as short as a test can wait for."""
    settings.REMOTE_FILES_ALSO_FROM = ("127.0.0.1/32",)
    settings.WEBHOOK_SCHEMES = ("http",)
    settings.WEBHOOK_PAUSE_AFTER = 1_000
    settings.WEBHOOK_TIMEOUT_SECONDS = 2.0
    outcomes.FIRST_PAUSE_SECONDS, outcomes.LONGEST_PAUSE_SECONDS = 0.02, 0.2
    claiming.LEASE_SECONDS = 4
    while WebhookDelivery.objects.filter(done_at=None).exists():
        send_due(seconds=2)
        time.sleep(0.02)


if __name__ == "__main__":
    main()
