"""Put a payout on disk at its first news, or take hold of it at any later."""

from __future__ import annotations

from foundation.context import current
from foundation.transactions import joins_transaction
from payments.locks import lock_payout
from payments.models import Payout, PspAccount
from payments.psp.port import PayoutNews
from payments.queries.payouts import find_payout_by_reference


@joins_transaction
def open_payout(account: PspAccount, news: PayoutNews) -> tuple[Payout, bool]:
    """(the payout, locked; whether this news is the first of it). Writes the payout, once for each reference."""
    made = None
    if find_payout_by_reference(account, news.psp_reference) is None:
        made = Payout(
            merchant_id=account.merchant_id,
            psp_account_id=account.id,
            psp_reference=news.psp_reference,
            amount_minor=news.amount.amount_minor,
            currency=news.amount.currency,
            balance_currency=news.balance_currency,
            is_automatic=news.is_automatic,
            statement_descriptor=news.statement_descriptor,
            bank_trace=news.bank_trace,
            created_at=news.created_at,
            arrival_on=news.arrival_on,
            request_id=current().request_id,
            trace_id=current().trace_id,
        )
        # Two tellings at once: the unique key decides, and the second waits for the first to commit.
        Payout.across_merchants.bulk_create([made], ignore_conflicts=True)
    payout = lock_payout(
        merchant_id=account.merchant_id, psp_account_id=account.id, psp_reference=news.psp_reference
    )
    return payout, made is not None and payout.id == made.id
