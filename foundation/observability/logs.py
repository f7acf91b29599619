"""Logs: one JSON line each on standard error, of allowed fields only, scrubbed of card numbers and keys.

    log = structlog.get_logger(__name__)
    log.info("refund_settled", psp="stripe", attempt=attempt.public_id)

The event is a fact in snake case; who, which request and which trace come from foundation.context by
themselves. A field that is not in ALLOWED_FIELDS is dropped and its name noted, so that nobody logs a
customer by accident.
What does not live here: the line of each request (requests.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

from foundation.context import current
from foundation.observability.scrubbing import scrub_text

_FIELDS = (
    # What structlog itself writes.
    "event level logger timestamp exception dropped_fields "
    # Who and where: names and ids, never a person's data.
    "request_id trace_id merchant actor reason intent attempt refund dispute invoice subscription case "
    "object_type object_id psp psp_account psp_ref event_id event_type endpoint delivery "
    # Which work.
    "operation job job_id queue handler consumer process task entry table command seal gauge safeguard "
    # How it went.
    "method route status code outcome state previous_state error attempts batch count port "
    "duration_ms age_seconds wait_seconds retry_seconds lag_seconds due_at"
)
ALLOWED_FIELDS = frozenset(_FIELDS.split())
MAX_EXCEPTION_CHARS = 8_000
# PostgreSQL repeats the row's values there.
_DATABASE_DETAIL = re.compile(r"^(\s*)(DETAIL|CONTEXT|QUERY):.*$", re.MULTILINE)

Line = MutableMapping[str, Any]


def add_context(logger: Any, method: str, line: Line) -> Line:
    """Who acts, in which request and trace."""
    context = current()
    line.setdefault("actor", context.actor)
    if context.request_id:
        line.setdefault("request_id", context.request_id)
    if context.trace_id:
        line.setdefault("trace_id", context.trace_id)
    if context.merchant_id is not None:
        line.setdefault("merchant", str(context.merchant_id))
    return line


def keep_allowed_fields(logger: Any, method: str, line: Line) -> Line:
    """Drop every field that is not allowed; its name stays, as a hint to whoever wrote the call."""
    dropped = sorted(name for name in line if name not in ALLOWED_FIELDS and not name.startswith("_"))
    for name in dropped:
        del line[name]
    if dropped:
        line["dropped_fields"] = dropped
    return line


def scrub_values(logger: Any, method: str, line: Line) -> Line:
    """No card number, key or row content in any text that leaves."""
    for name, value in line.items():
        if name == "exception":
            hidden = _DATABASE_DETAIL.sub(r"\1\2: [hidden]", str(value))
            line[name] = scrub_text(hidden, max_chars=MAX_EXCEPTION_CHARS)
        elif isinstance(value, str):
            line[name] = scrub_text(_DATABASE_DETAIL.sub(r"\1\2: [hidden]", value))
        elif value is not None and not isinstance(value, bool | int | float | list):
            line[name] = scrub_text(str(value))
    return line


_SHARED: list[Any] = [
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    add_context,
]
_FINAL: list[Any] = [
    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
    structlog.processors.format_exc_info,
    keep_allowed_fields,
    scrub_values,
    structlog.processors.JSONRenderer(ensure_ascii=False),
]


def configure_structlog() -> None:
    """Send structlog's lines through the standard library's logging, so that all lines share one road."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def logging_config(level: str) -> Mapping[str, Any]:
    """Django's LOGGING. level: of our own lines; libraries speak from WARNING up."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [*_SHARED, structlog.stdlib.PositionalArgumentsFormatter()],
                "processors": _FINAL,
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            **{
                floor: {"level": level}
                for floor in (
                    "foundation",
                    "ledger",
                    "payments",
                    "disputes",
                    "subscriptions",
                    "payments_site",
                )
            },
            # Their 4xx warnings repeat our request line and carry raw paths.
            "django.request": {"level": "CRITICAL"},
            "django.security": {"level": "ERROR"},
            "django.server": {"handlers": [], "level": "ERROR", "propagate": True},
            "celery": {"level": "INFO" if level == "DEBUG" else "WARNING"},
        },
    }
