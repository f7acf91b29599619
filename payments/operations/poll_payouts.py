"""Ask a PSP for its newest payouts: what its webhooks told and what got lost of them."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from foundation import clock
from foundation.transactions import outside_transaction
from payments.operations.log_psp_call import log_psp_call
from payments.operations.record_payout import record_payout
from payments.psp.registry import connector_for
from payments.queries.psp_accounts import get_psp_account
from payments.queries.psp_orders import credentials_of

LOOK_BACK_DAYS = 14
"""A bank sends money back within days of its arrival."""


@outside_transaction
def poll_payouts(*, merchant_id: UUID, psp_account_id: UUID) -> int:
    """Answers how many payouts the PSP told of.

    Raises: ResourceMissing. Writes: as record_payout, and the PSP call. Safe to repeat: known news changes nothing.
    """
    account = get_psp_account(merchant_id=merchant_id, psp_account_id=psp_account_id)
    connector = connector_for(account.psp)
    if not connector.capabilities.lists_payouts:
        # Its settlement report tells of them.
        return 0
    since = clock.now() - timedelta(days=LOOK_BACK_DAYS)
    answer = connector.list_payouts(credentials_of(account), created_since=since)
    log_psp_call(merchant_id=merchant_id, psp_account_id=account.id, call=answer.call)
    # Oldest first, so that our ids and events are in the PSP's order.
    for news in reversed(answer.payouts):
        record_payout(merchant_id=merchant_id, psp_account_id=account.id, news=news)
    return len(answer.payouts)
