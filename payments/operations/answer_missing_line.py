"""Answer a line of a PSP's statement that our books do not have: a settled line is proof of what it tells.

The movement is found by the PSP's reference or our key where the line has one that we know, else by our key in the
object at the PSP, and recorded through its one door. What is none of ours goes before a person, once a line.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from foundation.transactions import outside_transaction
from ledger.reconciliation import movements
from payments.errors import PspUnavailable
from payments.models import PaymentAttempt, PspAccount, Refund, RefundStatus
from payments.operations.close_line_case import close_line_case
from payments.operations.log_psp_call import log_psp_call
from payments.operations.record_attempt_outcome import record_attempt_outcome
from payments.operations.record_capture_outcome import record_capture_outcome
from payments.operations.record_payout import record_payout
from payments.operations.record_refund_outcome import REFUND_FAILED, record_refund_outcome
from payments.operations.report_unmatched_line import report_unmatched_line
from payments.operations.true_up_fee import true_up_fee
from payments.psp.outcomes import CallRecord, Declined, InquiryOutcome, Returned, Succeeded
from payments.psp.port import LookUpAnswer, LookUpRequest, PayoutNews
from payments.psp.registry import connector_for
from payments.queries.cases import find_case_of
from payments.queries.movements import find_attempt_of_news, find_capture_without_fee, find_refund_of_news
from payments.queries.payment_intents import find_undecided_capture
from payments.queries.psp_accounts import find_account_of_statement
from payments.queries.psp_orders import credentials_of
from payments.queries.settled import (
    SettledLine,
    awaits_line,
    find_attempt_of_line,
    find_doubtful_refund,
    find_refund_of_line,
    get_missing_line,
    is_charge_booked,
)
from payments.steps.weigh_attempt_outcome import Verdict, weigh_attempt_outcome

Answered = tuple[bool, UUID | None]
"""(whether our books know it now or a case of its movement asks about it, the payment that it is of)."""


@outside_transaction
def answer_missing_line(*, merchant_id: UUID, break_id: UUID) -> bool:
    """Answers whether the line is one of our movements, or no longer missing.

    break_id: of the break that the reconciliation opened because our books lack the line.
    Raises: ResourceMissing; PspUnavailable when the PSP has to be asked whose line it is and does not answer: to be
    tried again.
    Writes: as the record_ operations; else one case for the line. The case ends once the line is explained.
    Safe to repeat: known outcomes change nothing, a case is asked once, and so is the PSP while that case is open.
    """
    missing = get_missing_line(merchant_id=merchant_id, break_id=break_id)
    if missing is None:
        close_line_case(merchant_id=merchant_id, break_id=break_id)
        return True
    account, line = find_account_of_statement(merchant_id=merchant_id, public_id=missing[0]), missing[1]
    answer = _ANSWERS.get(line.kind)
    is_ours, intent_id = answer(account, line) if account and answer else (False, None)
    if is_ours:
        close_line_case(merchant_id=merchant_id, break_id=break_id)
    else:
        report_unmatched_line(
            merchant_id=merchant_id, break_id=break_id, payment_intent_id=intent_id, line=line
        )
    return is_ours


def _answer_charge(account: PspAccount, line: SettledLine) -> Answered:
    attempt, call = find_attempt_of_line(account, line), None
    proof = Succeeded(
        psp_reference=line.order_reference or line.reference,
        psp_charge_reference=line.reference,
        amount=line.gross,
        captured=line.gross,
        fee=line.fee,
    )
    if attempt is not None:
        # Where the line names the payment by our key, the PSP's name of it is the line's own.
        named = line.reference if line.order_reference == attempt.psp_key else proof.psp_reference
        proof = replace(proof, psp_reference=attempt.psp_reference or named)
    else:
        answer = _ask_whose(account, "attempt", line)
        attempt = find_attempt_of_news(account, answer.news) if answer and answer.news else None
        if answer is None or answer.news is None or attempt is None:
            return _log(account, answer)
        call = answer.call
        if isinstance(answer.news.outcome, Succeeded):
            # The line knows what was taken; the object knows the card.
            proof = replace(answer.news.outcome, amount=line.gross, captured=line.gross, fee=line.fee)
    intent_id = attempt.payment_intent_id
    if (capture := find_undecided_capture(attempt)) is not None:
        record_capture_outcome(
            merchant_id=account.merchant_id, capture_id=capture.id, outcome=proof, call=call
        )
    elif not _record_attempt(attempt, proof, call):
        without_fee = find_capture_without_fee(attempt, line.gross)
        if without_fee is None:
            return is_charge_booked(attempt, line), intent_id
        true_up_fee(merchant_id=account.merchant_id, capture_id=without_fee.id, fee=line.fee, proof=line.name)
    return True, intent_id


def _record_attempt(attempt: PaymentAttempt, outcome: InquiryOutcome, call: CallRecord | None) -> bool:
    """Whether it was news: of what is known already, a second line is another question."""
    if weigh_attempt_outcome(attempt, outcome) is Verdict.KNOWN:
        return False
    record_attempt_outcome(
        merchant_id=attempt.merchant_id,
        payment_intent_id=attempt.payment_intent_id,
        attempt_id=attempt.id,
        outcome=outcome,
        call=call,
    )
    return True


def _answer_refund(account: PspAccount, line: SettledLine) -> Answered:
    refund, call = find_refund_of_line(account, line), None
    if refund is None:
        answer = _ask_whose(account, "refund", line)
        if answer is None:
            refund = find_doubtful_refund(account, line)
        elif answer.news is not None:
            refund, call = find_refund_of_news(account, answer.news), answer.call
        if refund is None:
            return _log(account, answer)
    is_return = line.kind == movements.REFUND_FAILURE
    has_ended = refund.status in (RefundStatus.FAILED, RefundStatus.CANCELED)
    if refund.is_undecided or (has_ended and not is_return):
        # Money that came back had left.
        success = Succeeded(psp_reference=line.reference, amount=abs(line.gross))
        refund = record_refund_outcome(
            merchant_id=account.merchant_id, refund_id=refund.id, outcome=success, call=call
        )
    elif not (is_return and refund.status == RefundStatus.SUCCEEDED):
        booked = refund.return_entry_id if is_return else refund.ledger_entry_id
        return awaits_line(merchant_id=refund.merchant_id, entry_id=booked), refund.payment_intent_id
    if is_return:
        _take_back(refund)
    return True, refund.payment_intent_id


def _take_back(refund: Refund) -> None:
    returned = Declined(code=REFUND_FAILED, decline_code="unknown", psp_reference=refund.psp_reference)
    record_refund_outcome(merchant_id=refund.merchant_id, refund_id=refund.id, outcome=returned, call=None)


def _answer_return(account: PspAccount, line: SettledLine) -> Answered:
    """A debit that a bank took back, or a refund that one sent back: PSPs tell of both as money that failed."""
    attempt = find_attempt_of_line(account, line)
    if attempt is None or line.reference not in (attempt.psp_charge_reference, attempt.psp_reference):
        return _answer_refund(account, line)
    returned = Returned(psp_reference=attempt.psp_reference)
    return _record_attempt(attempt, returned, None), attempt.payment_intent_id


def _answer_payout(account: PspAccount, line: SettledLine) -> Answered:
    if not line.reference:
        return False, None
    answer = _look_up(account, "payout", line)
    if answer is not None and answer.is_absent:
        return _log(account, answer)
    told = answer.news.payout if answer and answer.news else None
    record_payout(
        merchant_id=account.merchant_id,
        psp_account_id=account.id,
        news=told or _payout_of_line(line),
        call=answer.call if answer else None,
    )
    return True, None


def _payout_of_line(line: SettledLine) -> PayoutNews:
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


def _ask_whose(account: PspAccount, kind: str, line: SettledLine) -> LookUpAnswer | None:
    """None where there is nothing (more) to ask. Raises PspUnavailable."""
    if not line.reference and not line.order_reference:
        return None
    if line.break_id is not None and find_case_of(
        merchant_id=account.merchant_id, subject_kind="line", subject_id=line.break_id
    ):
        # Asked before, and it was nobody's.
        return None
    answer = _look_up(account, kind, line)
    if answer is not None and answer.news is None and not answer.is_absent:
        raise PspUnavailable(f"The PSP did not say whose {line.reference} is.")
    return answer


def _look_up(account: PspAccount, kind: str, line: SettledLine) -> LookUpAnswer | None:
    connector = connector_for(account.psp)
    if not connector.capabilities.looks_up:
        return None
    request = LookUpRequest(kind=kind, psp_reference=line.reference, parent_reference=line.order_reference)
    return connector.look_up(credentials_of(account), request)


def _log(account: PspAccount, answer: LookUpAnswer | None) -> Answered:
    """It is nobody's: what was asked is kept all the same."""
    if answer is not None:
        log_psp_call(merchant_id=account.merchant_id, psp_account_id=account.id, call=answer.call)
    return False, None


_ANSWERS = {
    movements.CHARGE: _answer_charge,
    movements.REFUND: _answer_refund,
    movements.REFUND_FAILURE: _answer_return,
    movements.PAYOUT: _answer_payout,
}
