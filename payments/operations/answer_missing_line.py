"""Answer a line of a PSP's statement that our books do not have: a settled line is proof of what it tells.

The movement is found by the PSP's reference where we have it, else by our key in the object at the PSP, and recorded
through its one door. What is none of ours goes before a person.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from foundation.money import Money
from foundation.transactions import outside_transaction
from ledger.reconciliation import movements
from payments.errors import PspUnavailable
from payments.models import PspAccount, Refund, RefundStatus
from payments.operations.log_psp_call import log_psp_call
from payments.operations.record_attempt_outcome import record_attempt_outcome
from payments.operations.record_capture_outcome import record_capture_outcome
from payments.operations.record_payout import record_payout
from payments.operations.record_refund_outcome import REFUND_FAILED, record_refund_outcome
from payments.operations.report_unmatched_line import report_unmatched_line
from payments.operations.true_up_fee import true_up_fee
from payments.psp.outcomes import Declined, Succeeded
from payments.psp.port import LookUpAnswer, LookUpRequest, PayoutNews
from payments.psp.registry import connector_for
from payments.queries.movements import (
    find_attempt_of_line,
    find_attempt_of_news,
    find_capture_without_fee,
    find_refund_of_line,
    find_refund_of_news,
)
from payments.queries.payment_intents import find_undecided_capture
from payments.queries.psp_accounts import find_psp_account
from payments.queries.psp_orders import credentials_of
from payments.steps.weigh_attempt_outcome import Verdict, weigh_attempt_outcome


@dataclass(frozen=True, slots=True)
class MissingLine:
    """break_id: of the reconciliation's break. name: the PSP's id of the line. kind: a movement of
    ledger.reconciliation. gross and fee signed from the merchant's side."""

    break_id: UUID
    name: str
    kind: str
    reference: str
    parent_reference: str
    gross: Money
    fee: Money
    occurred_at: datetime


Answered = tuple[bool, UUID | None]
"""(whether our books know it now or a case asks about it, the payment that it is of)."""


@outside_transaction
def answer_missing_line(*, merchant_id: UUID, psp_account: str, line: MissingLine) -> bool:
    """Answers whether the line was one of our movements. psp_account: the public id, as statements know it.

    Raises: PspUnavailable when the PSP has to be asked whose line it is and does not answer: to be tried again.
    Writes: as the record_ operations; else one case for the break.
    Safe to repeat: known outcomes change nothing, a case is asked once.
    """
    account = find_psp_account(merchant_id=merchant_id, public_id=psp_account)
    answer = _ANSWERS.get(line.kind)
    is_ours, intent_id = answer(account, line) if account and answer else (False, None)
    if not is_ours:
        report_unmatched_line(
            merchant_id=merchant_id,
            break_id=line.break_id,
            payment_intent_id=intent_id,
            evidence={
                "line": line.name,
                "kind": line.kind,
                "psp_reference": line.reference,
                "amount": str(line.gross),
                "occurred": line.occurred_at.isoformat(),
            },
        )
    return is_ours


def _answer_charge(account: PspAccount, line: MissingLine) -> Answered:
    attempt = find_attempt_of_line(account, reference=line.reference, parent=line.parent_reference)
    proof = Succeeded(
        psp_reference=line.parent_reference or (attempt.psp_reference if attempt else ""),
        psp_charge_reference=line.reference,
        amount=line.gross,
        captured=line.gross,
        fee=line.fee,
    )
    call = None
    if attempt is None:
        answer = _ask_whose(account, "attempt", line)
        attempt = find_attempt_of_news(account, answer.news) if answer.news else None
        if attempt is None:
            log_psp_call(merchant_id=account.merchant_id, psp_account_id=account.id, call=answer.call)
            return False, None
        call = answer.call
        if answer.news is not None and isinstance(answer.news.outcome, Succeeded):
            # The line knows what was taken; the object knows the card.
            proof = replace(answer.news.outcome, amount=line.gross, captured=line.gross, fee=line.fee)
    intent_id = attempt.payment_intent_id
    if (capture := find_undecided_capture(attempt)) is not None:
        record_capture_outcome(
            merchant_id=account.merchant_id, capture_id=capture.id, outcome=proof, call=call
        )
    elif weigh_attempt_outcome(attempt, proof) is not Verdict.KNOWN:
        record_attempt_outcome(
            merchant_id=account.merchant_id,
            payment_intent_id=intent_id,
            attempt_id=attempt.id,
            outcome=proof,
            call=call,
        )
    elif (without_fee := find_capture_without_fee(attempt, line.gross)) is not None:
        true_up_fee(merchant_id=account.merchant_id, capture_id=without_fee.id, fee=line.fee, proof=line.name)
    else:
        return False, intent_id
    return True, intent_id


def _answer_refund(account: PspAccount, line: MissingLine) -> Answered:
    refund = find_refund_of_line(account, line.reference)
    call = None
    if refund is None:
        answer = _ask_whose(account, "refund", line)
        call = answer.call
        refund = find_refund_of_news(account, answer.news) if answer.news else None
        if refund is None:
            log_psp_call(merchant_id=account.merchant_id, psp_account_id=account.id, call=call)
            return False, None
    has_ended = refund.status in (RefundStatus.FAILED, RefundStatus.CANCELED)
    is_return = line.kind == movements.REFUND_FAILURE
    if refund.is_undecided or (has_ended and not is_return):
        # Money that came back had left.
        success = Succeeded(psp_reference=line.reference, amount=abs(line.gross))
        refund = record_refund_outcome(
            merchant_id=account.merchant_id, refund_id=refund.id, outcome=success, call=call
        )
    elif not (is_return and refund.status == RefundStatus.SUCCEEDED):
        return False, refund.payment_intent_id
    if is_return:
        _take_back(account, refund, line)
    return True, refund.payment_intent_id


def _take_back(account: PspAccount, refund: Refund, line: MissingLine) -> None:
    returned = Declined(code=REFUND_FAILED, decline_code="unknown", psp_reference=line.reference)
    record_refund_outcome(merchant_id=account.merchant_id, refund_id=refund.id, outcome=returned, call=None)


def _answer_payout(account: PspAccount, line: MissingLine) -> Answered:
    answer = _look_up(account, "payout", line)
    if answer.is_absent:
        log_psp_call(merchant_id=account.merchant_id, psp_account_id=account.id, call=answer.call)
        return False, None
    told = answer.news.payout if answer.news else None
    record_payout(
        merchant_id=account.merchant_id,
        psp_account_id=account.id,
        news=told or _payout_of_line(line),
        call=answer.call,
    )
    return True, None


def _payout_of_line(line: MissingLine) -> PayoutNews:
    """What the line alone proves: money left the balance for the bank, or came back from there."""
    return PayoutNews(
        psp_reference=line.reference,
        amount=abs(line.gross),
        status="in_transit" if line.gross.is_negative else "failed",
        created_at=line.occurred_at,
        arrival_on=line.occurred_at.date(),
        balance_currency=line.gross.currency,
        told_at=line.occurred_at,
    )


def _ask_whose(account: PspAccount, kind: str, line: MissingLine) -> LookUpAnswer:
    answer = _look_up(account, kind, line)
    if answer.news is None and not answer.is_absent:
        raise PspUnavailable(f"The PSP did not say whose {line.reference} is.")
    return answer


def _look_up(account: PspAccount, kind: str, line: MissingLine) -> LookUpAnswer:
    request = LookUpRequest(kind=kind, psp_reference=line.reference, parent_reference=line.parent_reference)
    return connector_for(account.psp).look_up(credentials_of(account), request)


_ANSWERS = {
    movements.CHARGE: _answer_charge,
    movements.REFUND: _answer_refund,
    movements.REFUND_FAILURE: _answer_refund,
    movements.PAYOUT: _answer_payout,
}
