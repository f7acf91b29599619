"""The only translator from payments to double entry: which fact moves which account.

Every reference names the movement, so a repeated posting finds the first one. Debit is positive.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from foundation.money import Money
from foundation.transactions import joins_transaction
from ledger.steps import Line, open_hold, post_entry, release_hold, settle_hold
from payments.models import Capture, PaymentAttempt, Refund


def clearing_path(psp_account_id: str) -> str:
    """What a PSP still owes us; one account per PSP account and currency."""
    return f"assets/psp_clearing/{psp_account_id}"


SALES = "income/sales"
REFUNDS = "income/refunds"
PSP_FEES = "expenses/psp_fees"


@joins_transaction
def post_capture(capture: Capture, attempt: PaymentAttempt, *, at: datetime) -> UUID:
    """Dr PSP clearing / Cr sales, and the fee if the PSP has said it: Dr PSP fees / Cr PSP clearing."""
    clearing = clearing_path(attempt.psp_account.public_id)
    lines = [Line(clearing, capture.amount), Line(SALES, -capture.amount)]
    if capture.fee_minor:
        fee = Money(capture.fee_minor, capture.currency)
        lines += [Line(PSP_FEES, fee), Line(clearing, -fee)]
    return post_entry(
        merchant_id=capture.merchant_id,
        kind="payment_captured",
        reference=f"capture:{capture.public_id}",
        lines=lines,
        source_kind="payment_intent",
        source_id=attempt.payment_intent_id,
        effective_at=at,
        external_reference=attempt.psp_charge_reference or attempt.psp_reference,
        description=f"Captured {capture.amount} of {attempt.public_id}",
    ).id


@joins_transaction
def post_late_fee(capture: Capture, attempt: PaymentAttempt, *, at: datetime) -> UUID:
    """Dr PSP fees / Cr PSP clearing, when the PSP says its fee after the capture was booked."""
    fee = Money(capture.fee_minor or 0, capture.currency)
    return post_entry(
        merchant_id=capture.merchant_id,
        kind="psp_fee",
        reference=f"fee:{capture.public_id}",
        lines=[Line(PSP_FEES, fee), Line(clearing_path(attempt.psp_account.public_id), -fee)],
        source_kind="payment_intent",
        source_id=attempt.payment_intent_id,
        effective_at=at,
        external_reference=attempt.psp_charge_reference or attempt.psp_reference,
        description=f"Fee {fee} of {attempt.public_id}",
    ).id


@joins_transaction
def post_refund(refund: Refund, attempt: PaymentAttempt, *, at: datetime) -> UUID:
    """Dr refunds (contra income) / Cr PSP clearing."""
    return post_entry(
        merchant_id=refund.merchant_id,
        kind="payment_refunded",
        reference=f"refund:{refund.public_id}",
        lines=[
            Line(REFUNDS, refund.amount),
            Line(clearing_path(attempt.psp_account.public_id), -refund.amount),
        ],
        source_kind="payment_intent",
        source_id=refund.payment_intent_id,
        effective_at=at,
        external_reference=refund.psp_reference,
        description=f"Refunded {refund.amount} of {attempt.public_id}",
    ).id


@joins_transaction
def post_refund_return(refund: Refund, attempt: PaymentAttempt, *, at: datetime) -> UUID:
    """Dr PSP clearing / Cr refunds: the customer's bank sent the money back."""
    return post_entry(
        merchant_id=refund.merchant_id,
        kind="refund_returned",
        reference=f"refund_returned:{refund.public_id}",
        lines=[
            Line(clearing_path(attempt.psp_account.public_id), refund.amount),
            Line(REFUNDS, -refund.amount),
        ],
        source_kind="payment_intent",
        source_id=refund.payment_intent_id,
        effective_at=at,
        external_reference=refund.psp_reference,
        description=f"Refund {refund.public_id} came back",
    ).id


@joins_transaction
def hold_authorization(attempt: PaymentAttempt, *, at: datetime) -> None:
    """Memo: the issuer holds the amount for us; no money has moved."""
    open_hold(
        merchant_id=attempt.merchant_id,
        reference=f"authorization:{attempt.public_id}",
        amount=attempt.amount,
        source_kind="payment_intent",
        source_id=attempt.payment_intent_id,
        effective_at=at,
    )


@joins_transaction
def settle_authorization(attempt: PaymentAttempt, capture: Capture, held: Money, *, at: datetime) -> None:
    """Memo: a part of the hold became money; a final capture releases the rest.

    held: what is still held; a PSP that took more than that settles what there is."""
    settle_hold(
        merchant_id=attempt.merchant_id,
        hold_reference=f"authorization:{attempt.public_id}",
        reference=capture.public_id,
        amount=min(capture.amount, held),
        is_final=capture.is_final,
        effective_at=at,
    )


@joins_transaction
def release_authorization(attempt: PaymentAttempt, *, has_expired: bool, at: datetime) -> None:
    """Memo: nothing (more) is held."""
    release_hold(
        merchant_id=attempt.merchant_id,
        hold_reference=f"authorization:{attempt.public_id}",
        is_expired=has_expired,
        effective_at=at,
    )
