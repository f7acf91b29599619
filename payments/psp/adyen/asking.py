"""Make one call to Adyen and put whatever happens into words: the table of what each failure means.

Source: docs.adyen.com/development-resources/response-handling and .../api-idempotency, read 2026-11.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import requests
from Adyen.exceptions import AdyenAPIResponseError

from payments.psp.adyen.scrubbing import scrubbed_answer, scrubbed_request
from payments.psp.http.session import certainly_never_left
from payments.psp.outcomes import CallRecord, Declined, NotSent, Outcome, Unknown
from payments.psp.port import Answer

# Wrong or rolled key, no right, too fast: refused before anything is executed.
NOT_EXECUTED = (401, 403, 429)
IN_FLIGHT = "704"
"""The first request under our key is still at work."""

Reader = Callable[[dict[str, Any]], Outcome]


def ask(
    operation: str,
    psp_key: str,
    params: dict[str, Any],
    call: Callable[[dict[str, Any], str], Any],
    read: Reader,
) -> Answer:
    """Make one call with our key and put whatever happens into words."""
    started = time.monotonic()
    answer: dict[str, Any] | None = None
    status: int | None = 200
    outcome: Outcome
    try:
        result = call(params, psp_key)
        status, message = result.status_code, result.message
        answer = message if isinstance(message, dict) else None
        outcome = read(message)
    except AdyenAPIResponseError as error:
        status = int(error.status_code)
        answer = error.message if isinstance(error.message, dict) else None
        outcome = _read_error(status, answer or {}, error.headers)
    except requests.RequestException as error:
        status = None
        never_left = certainly_never_left(error)
        outcome = NotSent(reason="no_connection") if never_left else Unknown(reason="no_answer")
    except Exception as error:
        # An answer that can not be read may still have moved money.
        outcome = Unknown(reason=f"unreadable_{type(error).__name__}"[:255])
    record = CallRecord(
        operation=operation,
        psp_key=psp_key,
        request=scrubbed_request(params),
        answer=scrubbed_answer(answer),
        http_status=status,
        latency_ms=milliseconds_since(started),
        outcome=outcome.word,
    )
    return Answer(outcome=outcome, call=record)


def _read_error(status: int, body: dict[str, Any], headers: Any) -> Outcome:
    code = str(body.get("errorCode") or "")
    is_transient = str(headers.get("Transient-Error", "")).lower() == "true"
    if not code or status >= 500 or code == IN_FLIGHT:
        return Unknown(reason=f"adyen_http_{status}")
    if status in NOT_EXECUTED:
        # Turned away at the door: nothing was looked at, and it is no word about the card.
        return NotSent(reason=f"adyen_http_{status}")
    if is_transient or status not in (400, 422):
        return Unknown(reason=f"adyen_http_{status}")
    return Declined(code="psp_refused", decline_code=f"adyen_{code}", message=str(body.get("message") or ""))


def refused_here(
    operation: str, psp_key: str, message: str, *, code: str = "amount_not_representable"
) -> Answer:
    record = CallRecord(
        operation=operation,
        psp_key=psp_key,
        request={},
        answer=None,
        http_status=None,
        latency_ms=0,
        outcome="declined",
    )
    return Answer(outcome=Declined(code=code, message=message), call=record)


def milliseconds_since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
