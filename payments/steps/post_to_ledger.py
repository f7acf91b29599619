"""The only translator from payments to double entry: which fact moves which account.

Every reference names the movement, so a repeated posting finds the first one. Debit is positive.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from foundation.money import Money
from foundation.transactions import joins_transaction
from ledger.queries.periods import date_in_open_period
from ledger.steps import Line, open_hold, post_entry, raise_hold, release_hold, reverse_entry, settle_hold
from payments.models import (
    AuthorizationIncrement,
    Capture,
    PaymentAttempt,
    PaymentIntent,
    Payout,
    Refund,
    Settles,
)


def clearing_path(psp_account_id: str) -> str:
    """What a PSP still owes us; one account per PSP account and currency."""
    return f"assets/psp_clearing/{psp_account_id}"


SALES = "income/sales"
RECEIVABLES = "assets/receivables"
REFUNDS = "income/refunds"
PSP_FEES = "expenses/psp_fees"
TRANSIT = "assets/cash_in_transit"
BANK = "assets/bank"


@joins_transaction
def post_capture(capture: Capture, attempt: PaymentAttempt, intent: PaymentIntent, *, at: datetime) -> UUID:
    """Dr PSP clearing / Cr sales, and the fee if the PSP has said it: Dr PSP fees / Cr PSP clearing.

    An intent that settles an invoice credits receivables: the sale was booked when the invoice was finalized."""
    clearing = clearing_path(attempt.psp_account.public_id)
    lines = [Line(clearing, capture.amount), Line(_settled_by(intent), -capture.amount)]
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
def post_capture_return(
    capture: Capture, attempt: PaymentAttempt, intent: PaymentIntent, *, at: datetime
) -> UUID:
    """Dr sales / Cr PSP clearing: the bank took back what it had paid. The PSP keeps its fee."""
    return post_entry(
        merchant_id=capture.merchant_id,
        kind="payment_returned",
        reference=f"capture_returned:{capture.public_id}",
        lines=[
            Line(_settled_by(intent), capture.amount),
            Line(clearing_path(attempt.psp_account.public_id), -capture.amount),
        ],
        source_kind="payment_intent",
        source_id=attempt.payment_intent_id,
        effective_at=at,
        external_reference=attempt.psp_charge_reference or attempt.psp_reference,
        description=f"Captured {capture.amount} of {attempt.public_id} came back",
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
def post_fee_difference(
    capture: Capture, attempt: PaymentAttempt, difference: Money, *, proof: str, at: datetime
) -> UUID:
    """Dr PSP fees / Cr PSP clearing by what the PSP kept beyond what was booked; the other way when negative.

    proof: the PSP's name of the line that says so."""
    return post_entry(
        merchant_id=capture.merchant_id,
        kind="psp_fee",
        reference=f"fee_true_up:{capture.public_id}:{proof}",
        lines=[
            Line(PSP_FEES, difference),
            Line(clearing_path(attempt.psp_account.public_id), -difference),
        ],
        source_kind="payment_intent",
        source_id=attempt.payment_intent_id,
        effective_at=at,
        external_reference=attempt.psp_charge_reference or attempt.psp_reference,
        description=f"Fee of {attempt.public_id} trued up by {difference}",
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
def raise_authorization(
    attempt: PaymentAttempt, increment: AuthorizationIncrement, more: Money, *, at: datetime
) -> None:
    """Memo: the issuer holds `more` on top."""
    raise_hold(
        merchant_id=attempt.merchant_id,
        hold_reference=f"authorization:{attempt.public_id}",
        reference=increment.public_id,
        amount=more,
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


@joins_transaction
def post_payout(payout: Payout) -> UUID:
    """Dr cash in transit / Cr PSP clearing, when the PSP made it."""
    return post_entry(
        merchant_id=payout.merchant_id,
        kind="payout_sent",
        reference=f"payout:{payout.public_id}",
        lines=[
            Line(TRANSIT, payout.amount),
            Line(clearing_path(payout.psp_account.public_id), -payout.amount),
        ],
        source_kind="payout",
        source_id=payout.id,
        effective_at=date_in_open_period(payout.merchant_id, payout.created_at),
        external_reference=payout.psp_reference,
        description=f"Payout of {payout.amount}, made {payout.created_at:%Y-%m-%d}",
    ).id


@joins_transaction
def post_payout_arrival(payout: Payout, *, at: datetime) -> UUID:
    """Dr bank / Cr cash in transit, when the bank's statement says so."""
    return post_entry(
        merchant_id=payout.merchant_id,
        kind="payout_arrived",
        reference=f"payout_arrived:{payout.public_id}",
        lines=[Line(BANK, payout.amount), Line(TRANSIT, -payout.amount)],
        source_kind="payout",
        source_id=payout.id,
        # A bank knows days only, and its midnight may lie before the payout was made.
        effective_at=date_in_open_period(payout.merchant_id, max(at, payout.created_at)),
        external_reference=payout.psp_reference,
        description=f"Payout of {payout.amount}, at the bank {at:%Y-%m-%d}",
    ).id


@joins_transaction
def post_payout_return(payout: Payout, sent_entry_id: UUID, *, at: datetime) -> UUID:
    """Reverses what sent it, and what booked it at the bank: the PSP owes it again."""
    at = date_in_open_period(payout.merchant_id, max(at, payout.created_at))
    if payout.arrival_entry_id is not None:
        reverse_entry(
            merchant_id=payout.merchant_id,
            entry_id=payout.arrival_entry_id,
            reference=f"payout_left_bank:{payout.public_id}",
            effective_at=at,
            kind="payout_left_bank",
            description=f"Payout of {payout.amount} was sent back by the bank",
        )
    return reverse_entry(
        merchant_id=payout.merchant_id,
        entry_id=sent_entry_id,
        reference=f"payout_returned:{payout.public_id}",
        effective_at=at,
        kind="payout_canceled" if payout.status == "canceled" else "payout_returned",
        description=f"Payout of {payout.amount} {payout.status}: {payout.failure_code or 'no reason given'}",
    ).id


def _settled_by(intent: PaymentIntent) -> str:
    return RECEIVABLES if intent.settles == Settles.RECEIVABLE else SALES
