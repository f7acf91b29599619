"""The same call once more, made from rows: for PSPs that can not be asked by our key, only told again under it.

Whether it is sent is the connector's to say; what speaks for its safety is put together here.
"""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from foundation import clock
from payments.models import AuthorizationIncrement, Capture, PaymentAttempt, PspAccount, Refund, SetupIntent
from payments.psp.port import Repeatable, SetupRequest
from payments.psp.token_kinds import TOKEN_KINDS
from payments.queries.customers import list_tokens
from payments.queries.payment_intents import available_to_refund
from payments.queries.psp_orders import (
    capture_request,
    completion_page,
    get_attempt_order,
    increment_request,
    open_token,
    refund_request,
    returned_page,
    void_request,
)
from payments.routing.tokens import choose_tokens
from payments.schedules import absence_is_proof


class Again(TypedDict):
    """What an InquireRequest carries of it. repeat: None once the PSP has named the movement: then it will tell."""

    repeat: Repeatable | None
    age_seconds: int
    second_is_refused: bool


def again_of_attempt(attempt: PaymentAttempt) -> Again:
    repeat = None
    if attempt.is_undecided and not attempt.psp_reference:
        repeat = get_attempt_order(merchant_id=attempt.merchant_id, attempt_id=attempt.id).request
    sent_at = attempt.submitted_at or attempt.created_at
    return _again(repeat, sent_at, second_is_refused=_is_overdue(sent_at, attempt.psp_account))


def again_of_void(attempt: PaymentAttempt) -> Again:
    return _again(void_request(attempt), attempt.void_requested_at or clock.now())


def again_of_capture(capture: Capture, attempt: PaymentAttempt) -> Again:
    left = attempt.amount_minor - attempt.amount_captured_minor
    sent_at = capture.submitted_at or capture.created_at
    return _again(
        None if capture.psp_reference else capture_request(capture, attempt),
        sent_at,
        second_is_refused=left < 2 * capture.amount_minor or _is_overdue(sent_at, attempt.psp_account),
    )


def again_of_increment(increment: AuthorizationIncrement, attempt: PaymentAttempt) -> Again:
    # It names the amount in all: twice is once.
    repeat = None if increment.psp_reference else increment_request(increment, attempt)
    return _again(repeat, increment.submitted_at or increment.created_at)


def again_of_refund(refund: Refund, attempt: PaymentAttempt) -> Again:
    # What is available counts this refund as gone already.
    fits = available_to_refund(attempt).amount_minor >= refund.amount_minor
    sent_at = refund.submitted_at or refund.created_at
    return _again(
        None if refund.psp_reference else refund_request(refund, attempt),
        sent_at,
        second_is_refused=not fits or _is_overdue(sent_at, attempt.psp_account),
    )


def again_of_setup(setup: SetupIntent) -> Again:
    method_id = setup.payment_method_id
    tokens = list_tokens(merchant_id=setup.merchant_id, payment_method_id=method_id) if method_id else []
    of_account = [one for one in tokens if one.psp_account_id == setup.psp_account_id]
    is_customers = setup.payment_method is not None and setup.payment_method.customer_id is not None
    chosen = choose_tokens(of_account, kinds=TOKEN_KINDS, is_customers=is_customers)
    token = next(iter(chosen.values()), None)
    repeat = None
    if token is not None and not setup.psp_reference:
        repeat = setup_request(setup, open_token(token), token.psp_customer_reference)
    return _again(repeat, setup.submitted_at or setup.created_at)


def setup_request(setup: SetupIntent, token: str, psp_customer_reference: str) -> SetupRequest:
    return SetupRequest(
        psp_key=setup.psp_key,
        token=token,
        psp_customer_reference=psp_customer_reference,
        off_session=setup.usage == "off_session",
        return_url=setup.return_url or returned_page(),
        completion_url=completion_page(setup.public_id),
        method_type=setup.payment_method.type if setup.payment_method else "card",
        references={"setup_intent": setup.public_id},
    )


def _again(repeat: Repeatable | None, sent_at: datetime, *, second_is_refused: bool = False) -> Again:
    age = (clock.now() - sent_at).total_seconds()
    return {"repeat": repeat, "age_seconds": int(age), "second_is_refused": second_is_refused}


def _is_overdue(sent_at: datetime, account: PspAccount) -> bool:
    """Whether the PSP had its whole report delay to tell of it."""
    return absence_is_proof(
        submitted_at=sent_at,
        now=clock.now(),
        maximum_report_delay_seconds=account.maximum_report_delay_seconds,
    )
