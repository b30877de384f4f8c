"""Structured logs: static messages, snake_case keys, one line each; JSON unless a person is reading."""

import logging
import sys
from typing import Any

import structlog

# `dict_tracebacks` as it comes would print the local variables of each frame: passwords, tokens, whole bodies.
TRACEBACKS = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False, use_rich=False)
)
SECRET_KEYS = frozenset({"password", "token", "secret", "authorization", "cookie", "code", "body", "key"})


def _redact(_logger: Any, _name: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    for key in event:
        if key in SECRET_KEYS:
            event[key] = "[redacted]"
    return event


def configure_logs(*, log_format: str, level: str) -> None:
    """Send our logs and those of the libraries to standard error, in one format."""
    text = log_format == "text" or (log_format == "auto" and sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _redact,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    end: list[structlog.typing.Processor] = (
        [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if text
        else [TRACEBACKS, structlog.processors.JSONRenderer()]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *end],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    # The access log would repeat what our own middleware says with ids.
    logging.getLogger("uvicorn.access").disabled = True
    # Each step of a migration would be a line; the upgrade says in one what it did.
    logging.getLogger("alembic").setLevel(logging.WARNING)
