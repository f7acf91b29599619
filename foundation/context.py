"""Who is acting, for which merchant, in which request and trace: carried beside the call, never as arguments.

Set by the API's authentication, by the admin's middleware and by the job runner; read by transactions (for the
audit triggers), by events, jobs and logs. Holds names and ids only, never secrets or personal data.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Context:
    """actor: `api_key:<id>`, `staff:<username>`, `job:<name>`, `psp:<account id>` or `system`.
    trace_id: 32 hex digits. traceparent: W3C header of the current span. reason: why a person acts."""

    actor: str = "system"
    merchant_id: UUID | None = None
    request_id: str = ""
    trace_id: str = ""
    traceparent: str = ""
    idempotency_key: str = ""
    reason: str = ""

    @property
    def is_person(self) -> bool:
        return self.actor.startswith("staff:")


_NOBODY = Context()
_current: ContextVar[Context] = ContextVar("payments_context", default=_NOBODY)


def current() -> Context:
    return _current.get()


@contextmanager
def acting(**changes: Any) -> Iterator[Context]:
    """Run a block with some fields of the context changed: `with acting(actor="staff:ada", reason="…"):`."""
    token = _current.set(replace(_current.get(), **changes))
    try:
        yield _current.get()
    finally:
        _current.reset(token)
