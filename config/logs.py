"""Logging: one line of JSON (or console text) per event, each with the request's id, never with a secret."""

import logging.config
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from common.redaction import redacted
from common.request_id import current_request_id

# Libraries that tell at DEBUG what they send and get, headers, parameters and secrets of answers included.
TALKATIVE = ("boto3", "botocore", "celery", "django.db.backends", "kombu", "s3transfer", "stripe", "urllib3")


def add_request_id(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Put the id of the request being served, if there is one, into the log line."""
    request_id = current_request_id()
    if request_id:
        event["request_id"] = request_id
    return event


def hide_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Take out of the line, its traceback included, what no log may say."""
    return {name: redacted(value, name) for name, value in event.items()}


# What every line gets, whether structlog or the standard library wrote it.
SHARED_PROCESSORS: list[Processor] = [
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    add_request_id,
]


def configure(config: dict[str, Any]) -> None:
    """Django's LOGGING_CONFIG: sets up the standard library's logging and has structlog write through it."""
    logging.config.dictConfig(config)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED_PROCESSORS,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def logging_config(*, level: str, json: bool) -> dict[str, Any]:
    """The LOGGING setting: everything to standard error, rendered by structlog."""
    # A plain traceback on purpose: the rich one prints local variables, and secrets with them.
    console = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    renderer = structlog.processors.JSONRenderer() if json else console
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    hide_secrets,
                    renderer,
                ],
                "foreign_pre_chain": [*SHARED_PROCESSORS, structlog.stdlib.ExtraAdder()],
            }
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django.request": {"level": "ERROR"},
            "django.security.DisallowedHost": {"level": "CRITICAL"},
            "fontTools": {"level": "WARNING"},
            **({name: {"level": "INFO"} for name in TALKATIVE} if level.upper() == "DEBUG" else {}),
        },
    }
