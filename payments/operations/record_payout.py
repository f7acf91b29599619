"""Record what is told of a payout: the one door for the PSP's webhook, a poll, its report and the bank's statement."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from foundation.transactions import owns_transaction
from payments.models import CaseKind, Payout
from payments.psp.outcomes import CallRecord
from payments.psp.port import PayoutNews
from payments.queries.psp_accounts import get_psp_account
from payments.steps.apply_payout_news import apply_payout_news
from payments.steps.open_case import open_case
from payments.steps.open_payout import open_payout
from payments.steps.record_call import record_call


@owns_transaction
def record_payout(
    *,
    merchant_id: UUID,
    psp_account_id: UUID,
    news: PayoutNews,
    arrived_at: datetime | None = None,
    call: CallRecord | None = None,
) -> Payout:
    """Bring the payout and the ledger in line with what was told.

    news.amount: minor units of the payout's currency, as it reaches the bank. arrived_at: when the bank's own
    statement says that it came; the PSP's word alone books nothing at the bank. call: the request that brought the
    news; None for a webhook or a statement.
    A payout of another currency than its balance moves nothing here: it opens a case, and so does news that
    contradicts what is proven. Old news changes nothing.
    Raises: ResourceMissing.
    Writes: the payout; the PSP call; its ledger entries; payout.created, .updated, .paid, .failed, .canceled; a case.
    Safe to repeat: a payout is one row for each PSP account and reference, an entry one for each step of it.
    """
    account = get_psp_account(merchant_id=merchant_id, psp_account_id=psp_account_id)
    payout, is_first = open_payout(account, news)
    if call is not None:
        record_call(
            call, psp_account=account, subject_kind="payout", subject_id=payout.id, payment_intent_id=None
        )
    if news.amount != payout.amount:
        is_other_currency = news.amount.currency != payout.currency
        _ask_a_person(
            payout,
            CaseKind.CURRENCY_DIFFERS if is_other_currency else CaseKind.AMOUNT_DIFFERS,
            told=str(news.amount),
        )
        return payout
    if news.balance_currency not in ("", payout.currency):
        _ask_a_person(payout, CaseKind.CURRENCY_DIFFERS, told=f"from a balance in {news.balance_currency}")
    apply_payout_news(payout, news, is_first=is_first, arrived_at=arrived_at)
    return payout


def _ask_a_person(payout: Payout, kind: CaseKind, *, told: str) -> None:
    open_case(
        merchant_id=payout.merchant_id,
        kind=kind,
        subject_kind="payout",
        subject_id=payout.id,
        payment_intent_id=None,
        evidence={"recorded": str(payout.amount), "told": told, "psp_reference": payout.psp_reference},
    )
