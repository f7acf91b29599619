"""Move a customer's balance by hand: credit granted, or taken back."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from foundation.money import Money
from foundation.transactions import owns_transaction
from payments.queries.customers import get_live_customer
from subscriptions.locks import lock_billing_customer
from subscriptions.models import BalanceTransactionType, CustomerBalanceTransaction
from subscriptions.queries.invoices import list_balance_transactions
from subscriptions.queries.subscriptions import now_of
from subscriptions.steps.billing_rows import billing_customer_of
from subscriptions.steps.move_balance import move_balance


@owns_transaction
def adjust_balance(
    *,
    merchant_id: UUID,
    customer_id: UUID,
    transaction_id: UUID,
    amount: Money,
    description: str = "",
    metadata: Mapping[str, str] | None = None,
) -> CustomerBalanceTransaction:
    """amount: negative grants credit, as with Stripe.

    Raises: ResourceMissing (customer). Writes: the transaction, its ledger entry.
    Safe to repeat: the same transaction_id finds the first one.
    """
    get_live_customer(merchant_id=merchant_id, customer_id=customer_id)
    billing_customer_of(merchant_id=merchant_id, customer_id=customer_id)
    # Locked before the balance is read: two movements must not both follow the same one.
    billing = lock_billing_customer(merchant_id=merchant_id, customer_id=customer_id)
    rows = list_balance_transactions(merchant_id=merchant_id, customer_id=customer_id)
    existing = rows.filter(pk=transaction_id).first()
    if existing is not None:
        return existing
    return move_balance(
        merchant_id=merchant_id,
        customer_id=customer_id,
        amount=amount,
        type_=BalanceTransactionType.ADJUSTMENT,
        at=now_of(billing.test_clock),
        description=description,
        transaction_id=transaction_id,
        metadata=metadata,
    )
