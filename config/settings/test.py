"""Settings of the test suite: sealed from the outside world, cheap where the cost proves nothing."""

import os
import tempfile
from pathlib import Path

os.environ.setdefault("SECRET_KEY", "test-secret-key-that-guards-nothing-outside-the-suite")
os.environ.setdefault("JWT_SIGNING_KEY", "test-signing-key-that-guards-nothing-outside-the-suite")

from config.settings import limits
from config.settings.base import *  # noqa: F403
from config.settings.base import DATABASES, INSTALLED_APPS, MIDDLEWARE, env

ALLOWED_HOSTS = ["*"]
INSTALLED_APPS.append("django_linear_migrations")
DATABASES["default"]["TEST"] = {"NAME": env.str("TEST_DATABASE_NAME", "test_shop")}
for database in DATABASES.values():
    database["CONN_MAX_AGE"] = env.int("DATABASE_CONN_MAX_AGE", 0)
DATABASE_POOL_SIZE = env.int("DATABASE_POOL_SIZE", 0)  # threads of a test are not those of a web server
SLOW_QUERY_SECONDS = env.float("SLOW_QUERY_SECONDS", 0)
# Races are to be run, not to wait their turn.
CHECKOUT_TURNS = env.int("CHECKOUT_TURNS", 0)
CART_TURNS = env.int("CART_TURNS", 0)
PASSWORD_TURNS = env.int("PASSWORD_TURNS", 0)
# Each test client loads the middleware anew, and WhiteNoise would look for every static file each time.
MIDDLEWARE.remove("whitenoise.middleware.WhiteNoiseMiddleware")
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
EMAIL_VERIFICATION = "optional"
PAYMENT_GATEWAYS = env.list("PAYMENT_GATEWAYS", ["manual", "dummy"])
DUMMY_WEBHOOK_SECRETS = ["dummy-webhook-secret"]
LIMITS = limits.limits(env, default=limits.OFF)  # a test turns on those that it is about
VIEWS_IN_BACKGROUND = env.bool("VIEWS_IN_BACKGROUND", False)  # tests say when views are written
MEDIA_ROOT = Path(tempfile.gettempdir()) / f"shop-test-media-{os.getpid()}"
PRIVATE_ROOT = Path(env.str("PRIVATE_ROOT", f"{tempfile.gettempdir()}/shop-test-private-{os.getpid()}"))
SERVE_MEDIA = True
