"""Make one call to Stripe and put whatever happens into words: the table of what each failure means."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import stripe

from payments.psp.outcomes import CallRecord, Declined, NotSent, Outcome, Unknown, Voided
from payments.psp.port import Answer
from payments.psp.stripe.reading import read_decline
from payments.psp.stripe.scrubbing import scrubbed_answer, scrubbed_request
from payments.psp.stripe.transport import certainly_never_left

# Wrong or rolled key, no right, too fast: refused before anything is executed.
NOT_EXECUTED = (401, 403, 429)

Reader = Callable[[dict[str, Any]], Outcome]


def ask(
    operation: str,
    psp_key: str,
    params: dict[str, Any],
    call: Callable[[Any, Any], Any],
    read: Reader,
) -> Answer:
    """Make one call with our key and put whatever happens into words."""
    started = time.monotonic()
    answer: dict[str, Any] | None = None
    status: int | None = 200
    outcome: Outcome
    try:
        answer = call(params, {"idempotency_key": psp_key}).to_dict()
        outcome = read(answer)
    except stripe.APIConnectionError as error:
        status = None
        outcome = (
            NotSent(reason="no_connection") if certainly_never_left(error) else Unknown(reason="no_answer")
        )
    except stripe.StripeError as error:
        status, answer = error.http_status, error.json_body if isinstance(error.json_body, dict) else None
        outcome = _read_error_or_doubt(error)
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


def _read_error_or_doubt(error: stripe.StripeError) -> Outcome:
    try:
        return _read_error(error)
    except (AttributeError, KeyError, TypeError, ValueError) as unreadable:
        # A refusal of a shape that we do not know is no proof that nothing moved.
        return Unknown(reason=f"unreadable_{type(unreadable).__name__}")


def _read_error(error: stripe.StripeError) -> Outcome:
    body = error.json_body if isinstance(error.json_body, dict) else {}
    details = body.get("error") if isinstance(body.get("error"), dict) else {}
    status = error.http_status or 0
    if isinstance(error, stripe.IdempotencyError) or status == 409 or not details or status >= 500:
        # A conflict on our own key means that the first request is still at work, or was another one.
        return Unknown(reason=f"stripe_http_{status}")
    intent = details.get("payment_intent") or details.get("setup_intent") or {}
    charge = intent.get("latest_charge") if isinstance(intent.get("latest_charge"), dict) else None
    if isinstance(error, stripe.CardError):
        return read_decline(details, reference=intent.get("id") or "", charge=charge)
    if status in NOT_EXECUTED:
        # Turned away at the door: nothing was looked at, and it is no word about the card.
        return NotSent(reason=f"stripe_http_{status}")
    if intent.get("status") == "canceled":
        return Voided(psp_reference=intent["id"])
    return Declined(code=details.get("code") or "psp_refused", message=details.get("message") or "")


def refused_here(operation: str, psp_key: str, message: str) -> Answer:
    record = CallRecord(
        operation=operation,
        psp_key=psp_key,
        request={},
        answer=None,
        http_status=None,
        latency_ms=0,
        outcome="declined",
    )
    return Answer(outcome=Declined(code="amount_not_representable", message=message), call=record)


def milliseconds_since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
