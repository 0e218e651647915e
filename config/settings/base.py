"""Settings that every environment shares; what differs between shops is read from the process environment."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import django_stubs_ext
from environs import validate

from config.environment import load_environment
from config.logs import logging_config
from config.settings import admin, backups, databases, limits, media, reading, s3, security

BASE_DIR = Path(__file__).resolve().parent.parent.parent
load_environment()
django_stubs_ext.monkeypatch()  # lets Django's generic classes be subscripted, as their types are
env = reading.NotingEnv()

DEBUG = env.bool("DEBUG", False)
SECRET_KEY = env.str("SECRET_KEY")
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", [])  # keys of before: what they signed stays good
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", [])
CORS_ALLOWED_ORIGINS: list[str] = security.origins(env, "CORS_ALLOWED_ORIGINS")
CORS_URLS_REGEX = r"^/api/.*$"
CORS_ALLOW_HEADERS = (
    "accept",
    "authorization",
    "content-type",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "x-cart-token",
    "x-order-token",
    "x-read-after",
    "x-request-id",
    "x-visitor-id",
)
CORS_EXPOSE_HEADERS = (
    "etag",
    "idempotent-replayed",
    "ratelimit",
    "ratelimit-policy",
    "retry-after",
    "x-read-after",
    "x-request-id",
)

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
AUTH_USER_MODEL = "authentication.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
APPEND_SLASH = False

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "corsheaders",
    "django_filters",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "common",
    "authentication",
    "products",
    "shipping",
    "orders",
    "payments",
    "analytics",
    "demo",
]

MIDDLEWARE = [
    "common.middleware.RequestIdMiddleware",
    "common.middleware.SecurityHeadersMiddleware",
    "common.middleware.AuditMiddleware",
    "common.middleware.RefuseMalformedRequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "config.turns.TurnsMiddleware",
    "config.middleware.AdminSessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "config.middleware.AdminAuthenticationMiddleware",
    "config.middleware.AdminMessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "config" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

DATABASES: dict[str, Any] = databases.databases(env)
# Of which catalogue and reports are read (docs/decisions/replicas.md), if they are no further behind than that.
DATABASE_REPLICAS = [alias for alias in DATABASES if alias.startswith(databases.REPLICA)]
DATABASE_REPLICA_MAX_LAG_SECONDS = databases.max_lag_seconds(env)
if DATABASE_REPLICAS:
    MIDDLEWARE.insert(MIDDLEWARE.index("config.turns.TurnsMiddleware"), "common.replicas.middleware.MarkMiddleware")
# Off behind a PgBouncer that pools transactions: what one prepared, the next would not find.
DATABASE_PREPARED = env.bool("DATABASE_PREPARED", True)

# PostgreSQL itself, for what needs a session of its own (commands, backups); only where DATABASE_URL names a pooler.
DATABASE_DIRECT_URL = env.str("DATABASE_DIRECT_URL", "")

# Migrations (docs/migrations.md): how long others may queue behind one, and for how long it tries again.
MIGRATION_LOCK_TIMEOUT = env.str("MIGRATION_LOCK_TIMEOUT", "500ms")
MIGRATION_PATIENCE_SECONDS = env.int("MIGRATION_PATIENCE_SECONDS", 600, validate=validate.Range(min=0))
ZERO_DOWNTIME_MIGRATIONS_RAISE_FOR_UNSAFE = True
ZERO_DOWNTIME_MIGRATIONS_IDEMPOTENT_SQL = True

# In a web process threads share so many connections, and wait so long for one; 0: each thread keeps its own.
DATABASE_POOL_SIZE = env.int("DATABASE_POOL_SIZE", 12, validate=validate.Range(min=0))
DATABASE_POOL_WAIT_SECONDS = env.float("DATABASE_POOL_WAIT_SECONDS", 10)

# A statement that takes longer is told in the log by its name, without what it was asked for; 0: none is.
SLOW_QUERY_SECONDS = env.float("SLOW_QUERY_SECONDS", 1, validate=validate.Range(min=0))

# What takes turns in a web process (config/turns.py): so many at a time, 0 without end; so many wait, so long.
CHECKOUT_TURNS = env.int("CHECKOUT_TURNS", 1, validate=validate.Range(min=0))
CART_TURNS = env.int("CART_TURNS", 2, validate=validate.Range(min=0))
PASSWORD_TURNS = env.int("PASSWORD_TURNS", 1, validate=validate.Range(min=0))
TURNS_WAITING = env.int("TURNS_WAITING", 96, validate=validate.Range(min=0))
TURN_WAIT_SECONDS = env.float("TURN_WAIT_SECONDS", 20)

REDIS_URL = env.str("REDIS_URL")
REDIS_TIMEOUT_SECONDS = env.float("REDIS_TIMEOUT_SECONDS", 0.5)
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {
            "socket_connect_timeout": REDIS_TIMEOUT_SECONDS,
            "socket_timeout": REDIS_TIMEOUT_SECONDS,
        },
    }
}

AUTHENTICATION_BACKENDS = ["authentication.backends.EmailOrUsernameBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
EMAIL_VERIFICATION = env.str("EMAIL_VERIFICATION", "mandatory")
STOREFRONT_URL = env.str("STOREFRONT_URL", "http://localhost:3000")
STOREFRONT_PATHS = {
    "register": env.str("STOREFRONT_VERIFY_EMAIL_PATH", "/verify-email?token={token}"),
    "verify_email": env.str("STOREFRONT_VERIFY_EMAIL_PATH", "/verify-email?token={token}"),
    "change_email": env.str("STOREFRONT_CHANGE_EMAIL_PATH", "/change-email?token={token}"),
    "reset_password": env.str("STOREFRONT_RESET_PASSWORD_PATH", "/reset-password?token={token}"),
    "invite": env.str("STOREFRONT_RESET_PASSWORD_PATH", "/reset-password?token={token}"),
    "order": env.str("STOREFRONT_ORDER_PATH", "/orders/{order_number}"),
    "product": env.str("STOREFRONT_PRODUCT_PATH", "/products/{slug}"),
    "confirm_stock_notice": env.str("STOREFRONT_CONFIRM_STOCK_NOTICE_PATH", "/stock-notices/confirm?token={token}"),
    "stop_stock_notices": env.str("STOREFRONT_STOP_STOCK_NOTICES_PATH", "/stock-notices/stop?token={token}"),
    "guest_order": env.str("STOREFRONT_GUEST_ORDER_PATH", "/orders/{order_number}?token={token}"),
}
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "shop@localhost")
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT_SECONDS", 10)
MAILS_PER_RECIPIENT_PER_HOUR = env.int("MAILS_PER_RECIPIENT_PER_HOUR", 20)
MAIL_RETENTION_DAYS = env.int("MAIL_RETENTION_DAYS", 90)
# The audit: how long the network of a client stands on an entry, and how long the entry stands.
AUDIT_ADDRESS_DAYS = env.int("AUDIT_ADDRESS_DAYS", 90, validate=validate.Range(min=0))
AUDIT_KEPT_DAYS = env.int("AUDIT_KEPT_DAYS", 3_650, validate=validate.Range(min=1))
STAFF_NOTIFY_EMAILS: list[str] = env.list("STAFF_NOTIFY_EMAILS", [])
STOCK_ALERT_EMAILS: list[str] = env.list("STOCK_ALERT_EMAILS", STAFF_NOTIFY_EMAILS)
STOCK_NOTICE_DAYS = env.int("STOCK_NOTICE_DAYS", 180)

LANGUAGE_CODE = env.str("LANGUAGE_CODE", "en")
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
SERVE_MEDIA = False
MEDIA_URL = "/media/"
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", str(BASE_DIR / ".data" / "media")))
# What people upload to be imported, and exports for them: served to nobody by address.
PRIVATE_ROOT = Path(env.str("PRIVATE_ROOT", str(BASE_DIR / ".data" / "private")))
FILE_UPLOAD_PERMISSIONS = 0o644
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "common.storage.WholeFileStorage"},
    "private": {"BACKEND": "common.storage.PrivateFileStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
if s3.media_storage(env) == s3.S3:
    STORAGES["default"] = s3.s3_storage(env)
    MEDIA_URL = STORAGES["default"]["OPTIONS"]["public_url"]
# Backups (docs/backup.md): a folder or s3://bucket/prefix; scheduled where it is set.
BACKUP_TARGET = env.str("BACKUP_TARGET", "")
BACKUP_MEDIA = env.bool("BACKUP_MEDIA", False)
BACKUP_KEPT = backups.kept(env)
BACKUP_S3 = backups.s3_client(env)
BACKUP_VERIFIED_HOURS = env.int("BACKUP_VERIFIED_HOURS", 30, validate=validate.Range(min=1))
POSTGRES_PROGRAMS = env.str("POSTGRES_PROGRAMS", "")  # the folder of pg_dump and pg_restore; else the PATH
CONTENT_SECURITY_POLICY = security.STRICT
PAGE_SECURITY_POLICIES = security.page_policies(media_url=MEDIA_URL)
PERMISSIONS_POLICY = security.PERMISSIONS_POLICY
WHITENOISE_USE_FINDERS = True
PICTURE_WIDTHS = media.rendition_widths(env)
PICTURE_FETCHES = media.fetches(env)
PICTURE_FORMATS = media.rendition_formats(env)

JSON_BODY_MAX_BYTES = env.int("JSON_BODY_MAX_BYTES", 1_000_000)
DATA_UPLOAD_MAX_MEMORY_SIZE = env.int("UPLOAD_MAX_BYTES", 20_000_000)
IMPORT_MAX_BYTES = env.int("IMPORT_MAX_BYTES", 200_000_000)
IMPORT_IMAGES_MAX_BYTES = env.int("IMPORT_IMAGES_MAX_BYTES", 500_000_000)
IMPORT_UNPACKED_MAX_BYTES = env.int("IMPORT_UNPACKED_MAX_BYTES", 2_000_000_000)
IMPORT_RETENTION_DAYS = env.int("IMPORT_RETENTION_DAYS", 30)
# Where bodies may be larger than elsewhere, by the path; the rest of a form beside the files is small.
BODY_MAX_BYTES = dict.fromkeys(
    ("/api/v1/imports/", "/admin/common/importjob/add/"), IMPORT_MAX_BYTES + IMPORT_IMAGES_MAX_BYTES + 1_000_000
)
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1_000
DATA_UPLOAD_MAX_NUMBER_FILES = 20

SHOP_NAME = env.str("SHOP_NAME", "Shop")
SHOP_CURRENCY = env.str("SHOP_CURRENCY", "USD")
SHOP_TIME_ZONE = env.str("SHOP_TIME_ZONE", "UTC")
SHOP_SELLER = {
    "name": env.str("SHOP_SELLER_NAME", SHOP_NAME),
    "address": env.list("SHOP_SELLER_ADDRESS", [], delimiter=";"),
    "tax_id": env.str("SHOP_SELLER_TAX_ID", ""),
    "email": env.str("SHOP_SELLER_EMAIL", ""),
}
INVOICE_PREFIX = env.str("INVOICE_PREFIX", "INV-")
CREDIT_NOTE_PREFIX = env.str("CREDIT_NOTE_PREFIX", "CN-")
PRICES_INCLUDE_TAX = env.bool("PRICES_INCLUDE_TAX", False)
ORDER_PAYMENT_MINUTES = env.int("ORDER_PAYMENT_MINUTES", 30)
MANUAL_PAYMENT_DAYS = env.int("MANUAL_PAYMENT_DAYS", 7)
CART_MAX_QUANTITY = env.int("CART_MAX_QUANTITY", 99)
CART_RETENTION_DAYS = env.int("CART_RETENTION_DAYS", 90, validate=validate.Range(min=1))
CART_MAX_LINES = env.int("CART_MAX_LINES", 100)
SEARCH_LANGUAGE = env.str("SEARCH_LANGUAGE", "english")  # takes effect by the command rebuild_search
PRICE_HISTORY_DAYS = env.int("PRICE_HISTORY_DAYS", 730)
KEPT_MEGABYTES = env.int("KEPT_MEGABYTES", 16)  # of bodies, in each process
# Views of products wait in memory for so long, so many in each web process, and are written in batches.
VIEWS_IN_BACKGROUND = True
VIEW_FLUSH_SECONDS = env.float("VIEW_FLUSH_SECONDS", 1, validate=validate.Range(min=0.05, max=60))
VIEW_BUFFER_SIZE = env.int("VIEW_BUFFER_SIZE", 20_000, validate=validate.Range(min=1))
VIEW_REPEAT_SECONDS = env.int("VIEW_REPEAT_SECONDS", 1_800, validate=validate.Range(min=0))
VIEW_RETENTION_DAYS = env.int("VIEW_RETENTION_DAYS", 90, validate=validate.Range(min=0))
VIEW_KEPT_DAYS = env.int("VIEW_KEPT_DAYS", 1_100, validate=validate.Range(min=0))
CATALOGUE_MAX_AGE = env.int("CATALOGUE_MAX_AGE", 0)
REQUIRE_IF_MATCH = env.bool("REQUIRE_IF_MATCH", False)
# Where customers transfer money to, line by line: name, bank, account.
BANK_ACCOUNT: list[str] = env.list("BANK_ACCOUNT", [], delimiter=";")
PAYMENT_GATEWAYS = env.list("PAYMENT_GATEWAYS", ["manual"])
# Of the threads of a web process, how many may wait for one gateway at a time.
PAYMENT_GATEWAY_PLACES = env.int("PAYMENT_GATEWAY_PLACES", 2)
PAYMENT_GATEWAY_TIMEOUT_SECONDS = env.float("PAYMENT_GATEWAY_TIMEOUT_SECONDS", 10)
DUMMY_WEBHOOK_SECRETS: list[str] = env.list("DUMMY_WEBHOOK_SECRETS", [])
STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY", "")
STRIPE_PUBLISHABLE_KEY = env.str("STRIPE_PUBLISHABLE_KEY", "")
STRIPE_WEBHOOK_SECRETS: list[str] = env.list("STRIPE_WEBHOOK_SECRETS", [])
STRIPE_REFERENCE_PREFIX = env.str("STRIPE_REFERENCE_PREFIX", "shop")
STRIPE_API_BASE = env.str("STRIPE_API_BASE", "https://api.stripe.com")
# Networks that are not public and yet may be fetched from. For tests alone: no environment variable opens it.
REMOTE_FILES_ALSO_FROM: tuple[str, ...] = ()
# Webhooks out: docs/webhooks.md.
WEBHOOK_PARALLEL = env.int("WEBHOOK_PARALLEL", 8, validate=validate.Range(min=1, max=64))
WEBHOOK_ENDPOINT_PARALLEL = env.int("WEBHOOK_ENDPOINT_PARALLEL", 4, validate=validate.Range(min=1, max=64))
WEBHOOK_TIMEOUT_SECONDS = env.float("WEBHOOK_TIMEOUT_SECONDS", 10, validate=validate.Range(min=1, max=60))
WEBHOOK_PAUSE_AFTER = env.int("WEBHOOK_PAUSE_AFTER", 15, validate=validate.Range(min=1, max=1_000))
WEBHOOK_RETENTION_DAYS = env.int("WEBHOOK_RETENTION_DAYS", 30, validate=validate.Range(min=1))
WEBHOOK_SECRET_OVERLAP_HOURS = env.int("WEBHOOK_SECRET_OVERLAP_HOURS", 24, validate=validate.Range(min=0))
WEBHOOK_SCHEMES: tuple[str, ...] = ("https",)  # others for tests alone: no environment variable opens it
# How long the feed of events goes back.
OUTBOX_RETENTION_DAYS = env.int("OUTBOX_RETENTION_DAYS", 365, validate=validate.Range(min=1))
# How long it is known who called what is deprecated.
DEPRECATED_CALLS_DAYS = env.int("DEPRECATED_CALLS_DAYS", 365, validate=validate.Range(min=1))
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", 0)
LIMITS = limits.limits(env)
LIMIT_REDIS_TIMEOUT_SECONDS = env.float("LIMIT_REDIS_TIMEOUT_SECONDS", 0.2, validate=validate.Range(min=0.01, max=5))
# How long a pause after wrong passwords for one account may become.
LOGIN_DELAY_MAX_SECONDS = env.int("LOGIN_DELAY_MAX_SECONDS", 300, validate=validate.Range(min=1, max=86_400))
SERVER_TIMING = env.bool("SERVER_TIMING", False)
FAILPOINTS = env.str("FAILPOINTS", "")
# Who may read /metrics; without a token, this machine alone.
METRICS_TOKEN = env.str("METRICS_TOKEN", "")

# Told of errors and of what takes how long, only where their addresses are set: docs/monitoring.md.
SENTRY_DSN = env.str("SENTRY_DSN", "")
SENTRY_ENVIRONMENT = env.str("SENTRY_ENVIRONMENT", "production")
SENTRY_RELEASE = env.str("SENTRY_RELEASE", "")
SENTRY_TRACES_SAMPLE_RATE = env.float("SENTRY_TRACES_SAMPLE_RATE", 0, validate=validate.Range(min=0, max=1))
OTEL_EXPORTER_OTLP_ENDPOINT = env.str("OTEL_EXPORTER_OTLP_ENDPOINT", "")
OTEL_SERVICE_NAME = env.str("OTEL_SERVICE_NAME", "shop")

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["authentication.api.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["common.api.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["common.api.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "common.api.pagination.PagePagination",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "common.api.openapi.ApiSchema",
    "DEFAULT_VERSIONING_CLASS": None,
    "EXCEPTION_HANDLER": "common.api.exceptions.problem_handler",
    "PAGE_SIZE": 24,
    "COERCE_DECIMAL_TO_STRING": True,
    "DATETIME_FORMAT": "iso-8601",
    "URL_FORMAT_OVERRIDE": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}

SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=env.int("ACCESS_TOKEN_MINUTES", 5)),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=env.int("REFRESH_TOKEN_DAYS", 14)),
    "SIGNING_KEY": env.str("JWT_SIGNING_KEY"),
    "ALGORITHM": "HS256",
    "ISSUER": "shop",
    "AUDIENCE": "shop",
    "UPDATE_LAST_LOGIN": False,
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Shop API",
    "DESCRIPTION": "Headless e-commerce: catalogue, cart, checkout, orders, payments and reports.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "OrderStatusEnum": "orders.models.Order.Status",
        "PaymentStatusEnum": "payments.models.Payment.Status",
        "RefundStatusEnum": "payments.models.Refund.Status",
        "CouponKindEnum": "orders.models.Coupon.Kind",
        "InvoiceKindEnum": "orders.models.Invoice.Kind",
        "ImportJobStatusEnum": "common.models.ImportJob.Status",
        "ExportJobStatusEnum": "common.models.ExportJob.Status",
    },
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},  # by default another host is asked
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "common.api.openapi.add_problems",
    ],
}

LOGGING_CONFIG = "config.logs.configure"
LOGGING = logging_config(level=env.str("LOG_LEVEL", "INFO"), json=env.bool("LOG_JSON", True))
CSRF_FAILURE_VIEW = "common.api.problems.csrf_failure"
UNFOLD = admin.unfold(shop_name=SHOP_NAME)
