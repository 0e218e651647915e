"""Production's settings, and the dummy gateway that they refuse: orders are to be paid, by nobody's money."""

from config.settings.production import *  # noqa: F403

PAYMENT_GATEWAYS = ["dummy"]
LIMITS = dict.fromkeys(LIMITS)  # noqa: F405 - one machine sends what a whole town would
DUMMY_WEBHOOK_SECRETS = ["bench-webhook-secret"]
