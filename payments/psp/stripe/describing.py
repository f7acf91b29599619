"""Describe a token: the card or the account behind it, as far as Stripe shows it."""

from __future__ import annotations

import time
from typing import Any

import stripe

from payments.psp.outcomes import CallRecord
from payments.psp.port import Credentials, TokenDescription
from payments.psp.stripe.asking import milliseconds_since
from payments.psp.stripe.reading import card_facts, method_details
from payments.psp.stripe.scrubbing import scrubbed_answer
from payments.psp.stripe.transport import client_for


def describe(credentials: Credentials, token: str) -> TokenDescription:
    """What Stripe says of one of its tokens; an empty type when it does not know it or can not be asked."""
    started = time.monotonic()
    answer: dict[str, Any] | None = None
    outcome = "succeeded"
    status: int | None = 200
    try:
        answer = client_for(credentials).v1.payment_methods.retrieve(token).to_dict()
    except stripe.InvalidRequestError as error:
        status, outcome = error.http_status, "not_found"
    except stripe.StripeError as error:
        status = error.http_status
        outcome = f"unknown_{type(error).__name__}"[:24]
    record = CallRecord(
        operation="describe_token",
        psp_key="",
        request={},
        answer=scrubbed_answer(answer),
        http_status=status,
        latency_ms=milliseconds_since(started),
        outcome=outcome,
    )
    if not answer:
        return TokenDescription(type="", card=None, call=record)
    card = card_facts({"payment_method_details": answer})
    details: dict[str, str] = {}
    if card is None and (described := method_details(answer)) is not None:
        card, details = described
    return TokenDescription(type=answer.get("type", ""), card=card, call=record, details=details)
