"""Settings of `make run`: the production code paths on one machine, with a dummy gateway and mails on the console."""

from config.logs import logging_config
from config.settings.base import *  # noqa: F403
from config.settings.base import INSTALLED_APPS, env

# Where migrations are written: makemigrations keeps the name of the last one of each app in max_migration.txt.
INSTALLED_APPS.append("django_linear_migrations")
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
EMAIL_VERIFICATION = env.str("EMAIL_VERIFICATION", "optional")
PAYMENT_GATEWAYS = env.list("PAYMENT_GATEWAYS", ["manual", "dummy"])
DUMMY_WEBHOOK_SECRETS = env.list("DUMMY_WEBHOOK_SECRETS", ["dummy-webhook-secret"])
SERVER_TIMING = env.bool("SERVER_TIMING", True)
SERVE_MEDIA = True
LOGGING = logging_config(level=env.str("LOG_LEVEL", "INFO"), json=env.bool("LOG_JSON", False))
