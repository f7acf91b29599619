"""Handle a stored webhook: find our movement, and record what is proven. A state only moves up.

Where the news would carry a movement further, the PSP is asked for the whole object first, because an event is a
snapshot that may be old, and holds no fee. What the inquiry does not see (yet), the signed event still proves.
"""

from __future__ import annotations

from uuid import UUID

from foundation import clock
from foundation.jobs.registry import RunAgain
from foundation.transactions import outside_transaction
from payments.models import PspWebhook
from payments.operations.close_psp_webhook import close_psp_webhook
from payments.operations.record_attempt_outcome import record_attempt_outcome
from payments.operations.record_payout import record_payout
from payments.operations.record_refund_outcome import record_refund_outcome
from payments.operations.record_setup_outcome import record_setup_outcome
from payments.operations.resolve_unknown import resolve_unknown
from payments.psp.outcomes import Declined, Succeeded, Voided
from payments.psp.port import LookUpRequest, PspNews
from payments.psp.registry import connector_for
from payments.queries.movements import (
    find_attempt_of_news,
    find_refund_of_news,
    find_setup_intent_of_news,
    find_webhook,
    is_call_under_way,
)
from payments.queries.payment_intents import find_undecided_capture
from payments.queries.payouts import find_payout_by_reference
from payments.queries.psp_orders import credentials_of
from payments.steps.weigh_attempt_outcome import Verdict, weigh_attempt_outcome

UNMATCHED_RETRY_SECONDS = 30
UNMATCHED_GIVE_UP_SECONDS = 600
UNDER_WAY_RETRY_SECONDS = 5
UNDER_WAY = "under_way"
UNMATCHED = "unmatched"

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
        is_unexplained=result == UNMATCHED and isinstance(news.outcome, Succeeded),
    )
    return None


def _handle_attempt(webhook: PspWebhook, news: PspNews) -> Result:
    attempt = find_attempt_of_news(webhook.psp_account, news)
    if attempt is None:
        return UNMATCHED, None
    capture = find_undecided_capture(attempt)
    if is_call_under_way(attempt) or (capture is not None and is_call_under_way(capture)):
        return UNDER_WAY, attempt.payment_intent_id
    asked = capture is not None or attempt.next_check_at is not None
    if capture is not None:
        resolve_unknown(merchant_id=webhook.merchant_id, kind="capture", subject_id=capture.id)
    if attempt.next_check_at is not None:
        resolve_unknown(merchant_id=webhook.merchant_id, kind="attempt", subject_id=attempt.id)
    fresh = find_attempt_of_news(webhook.psp_account, news) or attempt
    definite = isinstance(news.outcome, Voided | Succeeded | Declined)
    if news.outcome is None or not definite or weigh_attempt_outcome(fresh, news.outcome) is Verdict.KNOWN:
        return "asked" if asked else "known", attempt.payment_intent_id
    record_attempt_outcome(
        merchant_id=webhook.merchant_id,
        payment_intent_id=attempt.payment_intent_id,
        attempt_id=attempt.id,
        outcome=news.outcome,
        call=None,
    )
    return "recorded", attempt.payment_intent_id


def _handle_refund(webhook: PspWebhook, news: PspNews) -> Result:
    refund = find_refund_of_news(webhook.psp_account, news)
    if refund is None:
        return UNMATCHED, None
    if is_call_under_way(refund):
        return UNDER_WAY, refund.payment_intent_id
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


def _handle_payout(webhook: PspWebhook, news: PspNews) -> Result:
    told, call, account = news.payout, None, webhook.psp_account
    if told is None:
        return "not_ours", None
    if find_payout_by_reference(account, told.psp_reference) is None:
        # Its event does not say which balance it left; the whole object does. Unanswered, the event stands.
        request = LookUpRequest(kind="payout", psp_reference=told.psp_reference)
        answer = connector_for(account.psp).look_up(credentials_of(account), request)
        call = answer.call
        if answer.news is not None and answer.news.payout is not None:
            told = answer.news.payout
    record_payout(merchant_id=webhook.merchant_id, psp_account_id=account.id, news=told, call=call)
    return "recorded", None


_HANDLERS = {
    "attempt": _handle_attempt,
    "refund": _handle_refund,
    "setup_intent": _handle_setup_intent,
    "payout": _handle_payout,
}
