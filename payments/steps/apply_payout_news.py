"""Bring a payout and the ledger in line with news of it, in the caller's transaction."""

from __future__ import annotations

from datetime import datetime

from foundation import clock
from foundation.transactions import joins_transaction
from payments import events
from payments.models import CaseKind, Payout, PayoutStatus
from payments.psp.port import PayoutNews
from payments.steps.announce import announce_payout
from payments.steps.open_case import open_case
from payments.steps.post_to_ledger import post_payout, post_payout_arrival, post_payout_return
from payments.steps.weigh_attempt_outcome import Verdict
from payments.steps.weigh_payout_news import arrow_to, weigh_payout_news

_TYPES = {
    PayoutStatus.IN_TRANSIT: events.PAYOUT_UPDATED,
    PayoutStatus.PAID: events.PAYOUT_PAID,
    PayoutStatus.FAILED: events.PAYOUT_FAILED,
    PayoutStatus.CANCELED: events.PAYOUT_CANCELED,
}
_ENDED = (PayoutStatus.FAILED, PayoutStatus.CANCELED)


@joins_transaction
def apply_payout_news(
    payout: Payout, news: PayoutNews, *, is_first: bool, arrived_at: datetime | None
) -> None:
    """The payout is locked. arrived_at: when the bank's own statement says that it came.

    Writes the payout, its ledger entries, events of what changed, a case where news contradicts what is proven.
    """
    verdict = weigh_payout_news(payout, news)
    if verdict is Verdict.KNOWN and not is_first and arrived_at is None:
        return
    before = payout.status
    types = [events.PAYOUT_CREATED] if is_first else []
    if is_first and not payout.is_foreign:
        payout.sent_entry_id = post_payout(payout)
    if verdict is Verdict.APPLIES:
        _move(payout, news)
        if not (is_first and payout.status == PayoutStatus.IN_TRANSIT):
            types.append(_TYPES[PayoutStatus(payout.status)])
    is_ended = payout.status in _ENDED
    if verdict is Verdict.CONTRADICTS or (arrived_at is not None and is_ended and payout.arrived_at is None):
        _ask_a_person(payout, news, arrived_at)
    elif arrived_at is not None and payout.arrived_at is None:
        payout.arrived_at = arrived_at
        if payout.sent_entry_id is not None:
            payout.arrival_entry_id = post_payout_arrival(payout, at=arrived_at)
    payout.save()
    announce_payout(payout, *types, status_before=None if is_first else before)


def _move(payout: Payout, news: PayoutNews) -> None:
    arrow = arrow_to(payout, PayoutStatus(news.status))
    assert arrow is not None, "news that applies has an arrow"
    arrow()
    payout.arrival_on = news.arrival_on
    payout.bank_trace = payout.bank_trace or news.bank_trace
    payout.failure_code = news.failure_code[:64]
    if payout.status in _ENDED and payout.sent_entry_id is not None:
        payout.return_entry_id = post_payout_return(
            payout, payout.sent_entry_id, at=news.told_at or clock.now()
        )


def _ask_a_person(payout: Payout, news: PayoutNews, arrived_at: datetime | None) -> None:
    evidence = {"recorded": payout.status, "psp_says": news.status, "psp_reference": payout.psp_reference}
    if arrived_at is not None:
        evidence["at_the_bank"] = arrived_at.isoformat()
    open_case(
        merchant_id=payout.merchant_id,
        kind=CaseKind.CONTRADICTION,
        subject_kind="payout",
        subject_id=payout.id,
        payment_intent_id=None,
        evidence=evidence,
    )
