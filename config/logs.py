"""Logging: one line of JSON (or console text) per event, each with the request's id, never with a secret."""

from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

from common.request_id import current_request_id


def add_request_id(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Put the id of the request being served, if there is one, into the log line."""
    request_id = current_request_id()
    if request_id:
        event["request_id"] = request_id
    return event


def logging_config(*, level: str, json: bool) -> dict[str, Any]:
    """The LOGGING setting: everything to standard error, rendered by structlog."""
    renderer = structlog.processors.JSONRenderer() if json else structlog.dev.ConsoleRenderer(colors=False)
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    renderer,
                ],
                "foreign_pre_chain": [
                    structlog.stdlib.add_log_level,
                    structlog.stdlib.add_logger_name,
                    structlog.processors.TimeStamper(fmt="iso", utc=True),
                    structlog.stdlib.ExtraAdder(),
                    add_request_id,
                ],
            }
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django.request": {"level": "ERROR"},
            "django.security.DisallowedHost": {"level": "CRITICAL"},
            "fontTools": {"level": "WARNING"},
        },
    }
