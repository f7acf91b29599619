"""Handle a stored webhook: find our movement, and record what is proven. A state only moves up.

Where the news would carry a movement further, the PSP is asked for the whole object first, because an event is a
snapshot that may be old, and holds no fee. What the inquiry does not see (yet), the signed event still proves.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from foundation import clock
from foundation.jobs.registry import RunAgain
from foundation.money import Money
from foundation.transactions import outside_transaction
from payments.errors import PspUnavailable
from payments.models import AttemptStatus, PaymentAttempt, PspWebhook
from payments.operations.ask_about_movement import ask_about_movement
from payments.operations.close_psp_webhook import close_psp_webhook
from payments.operations.log_psp_call import log_psp_call
from payments.operations.record_attempt_outcome import record_attempt_outcome
from payments.operations.record_capture_outcome import record_capture_outcome
from payments.operations.record_increment_outcome import record_increment_outcome
from payments.operations.record_payout import record_payout
from payments.operations.record_refund_outcome import record_refund_outcome
from payments.operations.record_setup_outcome import record_setup_outcome
from payments.operations.record_void_outcome import record_void_outcome
from payments.operations.report_dispute import report_dispute
from payments.operations.resolve_unknown import resolve_unknown
from payments.operations.revoke_psp_token import revoke_psp_token
from payments.operations.update_replaced_card import update_replaced_card
from payments.psp.disputes import DISPUTE_NEWS, FRAUD_WARNING_NEWS, DisputeNews, FraudWarningNews
from payments.psp.methods import BANK_DEBITS
from payments.psp.outcomes import CardFacts, Declined, InquiryOutcome, Pending, Returned, Succeeded, Voided
from payments.psp.port import LookUpRequest, PspNews
from payments.psp.registry import connector_for
from payments.queries.dispute_contact import PASSED_UP
from payments.queries.movements import (
    find_attempt_of_news,
    find_attempt_of_void,
    find_capture_of_news,
    find_increment_of_news,
    find_refund_of_news,
    find_setup_intent_of_news,
    find_webhook,
    is_call_under_way,
    names_another,
)
from payments.queries.payment_intents import find_undecided_capture
from payments.queries.payouts import find_payout_by_reference
from payments.queries.psp_orders import credentials_of, list_held_tokens
from payments.steps.weigh_attempt_outcome import Verdict, weigh_attempt_outcome

UNMATCHED_RETRY_SECONDS = 30
UNMATCHED_GIVE_UP_SECONDS = 600
UNDER_WAY_RETRY_SECONDS = 5
UNDER_WAY = "under_way"
UNMATCHED = "unmatched"
ANOTHER = "another_movement"
"""The PSP moved twice under one key of ours."""

Result = tuple[str, UUID | None]


@outside_transaction
def handle_psp_webhook(*, merchant_id: UUID, webhook_id: UUID) -> RunAgain | None:
    """Raises: ResourceMissing. Writes: as the record_ operations, and the inbox row; a case for what nobody knows.

    Safe to repeat: known outcomes change nothing. Out of order is no harm: what is proven stays.
    """
    webhook = find_webhook(merchant_id=merchant_id, webhook_id=webhook_id)
    if webhook is None or webhook.handled_at is not None:
        return None
    news = connector_for(webhook.psp_account.psp).parse_webhook(webhook.body.encode())
    handle = _HANDLERS.get(news.kind)
    result, intent_id = handle(webhook, news) if handle else ("not_ours", None)
    if result == UNDER_WAY:
        # PSPs tell before they answer: whoever made the call is about to record it, and knows the fee.
        return RunAgain(after_seconds=UNDER_WAY_RETRY_SECONDS)
    age = (clock.now() - webhook.received_at).total_seconds()
    if result == UNMATCHED and age < UNMATCHED_GIVE_UP_SECONDS:
        # It may have overtaken our own answer: the row with the reference is about to be committed.
        return RunAgain(after_seconds=UNMATCHED_RETRY_SECONDS)
    close_psp_webhook(
        merchant_id=merchant_id,
        webhook_id=webhook_id,
        result=result,
        payment_intent_id=intent_id,
        is_unexplained=result in (UNMATCHED, ANOTHER)
        and (isinstance(news.outcome, Succeeded) or news.kind == DISPUTE_NEWS),
        outcome=news.outcome,
    )
    return None


def _handle_attempt(webhook: PspWebhook, news: PspNews) -> Result:
    attempt = find_attempt_of_news(webhook.psp_account, news)
    if attempt is None:
        return UNMATCHED, None
    capture = find_undecided_capture(attempt)
    if is_call_under_way(attempt) or (capture is not None and is_call_under_way(capture)):
        return UNDER_WAY, attempt.payment_intent_id
    if names_another(attempt, news):
        return ANOTHER, attempt.payment_intent_id
    asked = capture is not None or attempt.next_check_at is not None
    if capture is not None:
        resolve_unknown(merchant_id=webhook.merchant_id, kind="capture", subject_id=capture.id)
    if attempt.next_check_at is not None:
        resolve_unknown(merchant_id=webhook.merchant_id, kind="attempt", subject_id=attempt.id)
    fresh = find_attempt_of_news(webhook.psp_account, news) or attempt
    if news.outcome is not None and weigh_attempt_outcome(fresh, news.outcome) is Verdict.CONTRADICTS:
        # An event is a snapshot: what the whole object says may be no contradiction, such as a debit that came back.
        ask_about_movement(merchant_id=webhook.merchant_id, kind="attempt", subject_id=attempt.id)
        fresh = find_attempt_of_news(webhook.psp_account, news) or attempt
    outcome = _as_asked_for(webhook, fresh, news.outcome)
    # That it exists at the PSP is news only of what nobody has answered for; a customer at their bank is not disturbed.
    is_found = isinstance(outcome, Pending) and fresh.status == AttemptStatus.UNKNOWN
    definite = isinstance(outcome, Voided | Succeeded | Declined | Returned) or is_found
    if outcome is None or not definite or weigh_attempt_outcome(fresh, outcome) is Verdict.KNOWN:
        return "asked" if asked else "known", attempt.payment_intent_id
    _record(webhook, attempt, outcome)
    return "recorded", attempt.payment_intent_id


def _as_asked_for(
    webhook: PspWebhook, attempt: PaymentAttempt, outcome: InquiryOutcome | None
) -> InquiryOutcome | None:
    """An authorization that was to be taken at once is taken, where the PSP's news does not say so itself."""
    if not connector_for(webhook.psp_account.psp).capabilities.tells_no_capture:
        return outcome
    if not isinstance(outcome, Succeeded) or attempt.capture_method != "automatic":
        return outcome
    return replace(outcome, captured=outcome.amount, fee=Money.zero(outcome.amount.currency))


def _handle_capture(webhook: PspWebhook, news: PspNews) -> Result:
    capture = find_capture_of_news(webhook.psp_account, news)
    if capture is None:
        return _handle_own_capture(webhook, news)
    intent_id = capture.attempt.payment_intent_id
    if is_call_under_way(capture):
        return UNDER_WAY, intent_id
    if names_another(capture, news):
        return ANOTHER, intent_id
    if news.outcome is None:
        return "known", intent_id
    record_capture_outcome(
        merchant_id=webhook.merchant_id, capture_id=capture.id, outcome=news.outcome, call=None
    )
    return "recorded", intent_id


def _handle_own_capture(webhook: PspWebhook, news: PspNews) -> Result:
    """Of a charge that the PSP takes by itself, its captures go by the charge's own key."""
    attempt = find_attempt_of_news(webhook.psp_account, news)
    if attempt is None or attempt.capture_method != "automatic":
        return UNMATCHED, None
    if not isinstance(news.outcome, Declined):
        return "known", attempt.payment_intent_id
    # What was said to be taken will not come.
    returned = Returned(psp_reference=attempt.psp_reference, code=news.outcome.code)
    return _take_back(webhook, attempt, returned)


def _take_back(webhook: PspWebhook, attempt: PaymentAttempt, outcome: Returned) -> Result:
    if is_call_under_way(attempt):
        return UNDER_WAY, attempt.payment_intent_id
    if attempt.is_undecided:
        # What comes back had been taken: the statement will have both.
        taken = Succeeded(
            psp_reference=outcome.psp_reference,
            psp_charge_reference=outcome.psp_reference,
            amount=attempt.amount,
            captured=attempt.amount,
            fee=Money.zero(attempt.currency),
        )
        _record(webhook, attempt, taken)
    _record(webhook, attempt, outcome)
    return "recorded", attempt.payment_intent_id


def _record(webhook: PspWebhook, attempt: PaymentAttempt, outcome: InquiryOutcome) -> None:
    record_attempt_outcome(
        merchant_id=webhook.merchant_id,
        payment_intent_id=attempt.payment_intent_id,
        attempt_id=attempt.id,
        outcome=outcome,
        call=None,
    )


def _handle_increment(webhook: PspWebhook, news: PspNews) -> Result:
    increment = find_increment_of_news(webhook.psp_account, news)
    if increment is None:
        return UNMATCHED, None
    intent_id = increment.attempt.payment_intent_id
    if is_call_under_way(increment):
        return UNDER_WAY, intent_id
    if names_another(increment, news):
        return ANOTHER, intent_id
    if news.outcome is None:
        return "known", intent_id
    record_increment_outcome(
        merchant_id=webhook.merchant_id, increment_id=increment.id, outcome=news.outcome, call=None
    )
    return "recorded", intent_id


def _handle_void(webhook: PspWebhook, news: PspNews) -> Result:
    attempt = find_attempt_of_void(webhook.psp_account, news)
    if attempt is None:
        return UNMATCHED, None
    if is_call_under_way(attempt):
        return UNDER_WAY, attempt.payment_intent_id
    if attempt.void_requested_at is not None and attempt.is_live and news.outcome is not None:
        record_void_outcome(
            merchant_id=webhook.merchant_id, attempt_id=attempt.id, outcome=news.outcome, call=None
        )
        return "recorded", attempt.payment_intent_id
    if not isinstance(news.outcome, Voided):
        return "known", attempt.payment_intent_id
    # Nobody here asked for it.
    _record(webhook, attempt, news.outcome)
    return "recorded", attempt.payment_intent_id


def _handle_refund(webhook: PspWebhook, news: PspNews) -> Result:
    refund = find_refund_of_news(webhook.psp_account, news)
    if refund is None:
        return UNMATCHED, None
    if is_call_under_way(refund):
        return UNDER_WAY, refund.payment_intent_id
    if names_another(refund, news):
        return ANOTHER, refund.payment_intent_id
    if refund.next_check_at is not None:
        resolve_unknown(merchant_id=webhook.merchant_id, kind="refund", subject_id=refund.id)
    if news.outcome is None:
        return "known", refund.payment_intent_id
    record_refund_outcome(
        merchant_id=webhook.merchant_id, refund_id=refund.id, outcome=news.outcome, call=None
    )
    return "recorded", refund.payment_intent_id


def _handle_setup_intent(webhook: PspWebhook, news: PspNews) -> Result:
    setup = find_setup_intent_of_news(webhook.psp_account, news)
    if setup is None:
        return UNMATCHED, None
    if news.outcome is not None:
        record_setup_outcome(
            merchant_id=webhook.merchant_id, setup_intent_id=setup.id, outcome=news.outcome, call=None
        )
    return "recorded", None


def _handle_payment_method(webhook: PspWebhook, news: PspNews) -> Result:
    named: dict[str, Any] = {
        "merchant_id": webhook.merchant_id,
        "psp_account_id": webhook.psp_account_id,
        "token": news.psp_reference,
        "psp_customer_reference": news.parent_reference,
    }
    if news.is_revoked:
        was_changed = revoke_psp_token(**named)
    else:
        card = news.card or _card_now(webhook, news)
        was_changed = update_replaced_card(**named, card=card, new_token=news.new_token)
    if was_changed is None:
        return "not_ours", None
    return "recorded" if was_changed else "known", None


def _handle_payout(webhook: PspWebhook, news: PspNews) -> Result:
    told, call, account = news.payout, None, webhook.psp_account
    if told is None:
        return "not_ours", None
    connector = connector_for(account.psp)
    if connector.capabilities.looks_up and find_payout_by_reference(account, told.psp_reference) is None:
        # Its event does not say which balance it left; the whole object does. Unanswered, the event stands.
        request = LookUpRequest(kind="payout", psp_reference=told.psp_reference)
        answer = connector.look_up(credentials_of(account), request)
        call = answer.call
        if answer.news is not None and answer.news.payout is not None:
            told = answer.news.payout
    record_payout(merchant_id=webhook.merchant_id, psp_account_id=account.id, news=told, call=call)
    return "recorded", None


def _card_now(webhook: PspWebhook, news: PspNews) -> CardFacts | None:
    """What the PSP shows of a card that changed. Raises PspUnavailable, and is tried again."""
    held = list_held_tokens(
        merchant_id=webhook.merchant_id,
        psp_account_id=webhook.psp_account_id,
        psp_customer_reference=news.parent_reference,
    )
    if news.psp_reference not in held:
        return None
    account = webhook.psp_account
    described = connector_for(account.psp).describe_token(
        credentials_of(account), news.psp_reference, news.parent_reference
    )
    log_psp_call(merchant_id=webhook.merchant_id, psp_account_id=account.id, call=described.call)
    if described.card is None and described.call.outcome.startswith("unknown"):
        raise PspUnavailable()
    return described.card


def _handle_dispute(webhook: PspWebhook, news: PspNews) -> Result:
    attempt = find_attempt_of_news(webhook.psp_account, news)
    if attempt is None or news.dispute is None:
        return UNMATCHED, None
    if isinstance(news.outcome, Returned) and _is_return(attempt, news.dispute):
        return _take_back(webhook, attempt, news.outcome)
    report_dispute(merchant_id=webhook.merchant_id, attempt_id=attempt.id, news=news.dispute)
    return PASSED_UP, attempt.payment_intent_id


def _is_return(attempt: PaymentAttempt, told: DisputeNews | FraudWarningNews) -> bool:
    """Of a debit nothing can be disputed: its bank has taken all of it back."""
    is_debit = attempt.payment_method.type in BANK_DEBITS
    return is_debit and isinstance(told, DisputeNews) and told.amount == attempt.amount


_HANDLERS = {
    DISPUTE_NEWS: _handle_dispute,
    FRAUD_WARNING_NEWS: _handle_dispute,
    "attempt": _handle_attempt,
    "capture": _handle_capture,
    "increment": _handle_increment,
    "void": _handle_void,
    "refund": _handle_refund,
    "setup_intent": _handle_setup_intent,
    "payment_method": _handle_payment_method,
    "payout": _handle_payout,
}
