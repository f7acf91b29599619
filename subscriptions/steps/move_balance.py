"""Move a customer's balance: an append-only row that follows the one before, under the customer's lock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from foundation.ids import new_id
from foundation.money import Money
from foundation.transactions import joins_transaction
from subscriptions.models import (
    OF_INVOICES,
    BalanceTransactionType,
    CreditNote,
    CustomerBalanceTransaction,
    Invoice,
)
from subscriptions.queries.invoices import read_balance
from subscriptions.steps.post_to_ledger import post_balance_granted, post_balance_on_invoice


@joins_transaction
def move_balance(
    *,
    merchant_id: UUID,
    customer_id: UUID,
    amount: Money,
    type_: BalanceTransactionType,
    at: datetime,
    invoice: Invoice | None = None,
    credit_note: CreditNote | None = None,
    description: str = "",
    transaction_id: UUID | None = None,
    metadata: Mapping[str, str] | None = None,
) -> CustomerBalanceTransaction:
    """amount: negative grants credit, as with Stripe. The billing customer is locked.

    Writes the transaction and its ledger entry: against receivables for an invoice's, else against credits granted.
    """
    before, ordinal = read_balance(merchant_id=merchant_id, customer_id=customer_id, currency=amount.currency)
    moved = CustomerBalanceTransaction(
        id=transaction_id or new_id(),
        merchant_id=merchant_id,
        customer_id=customer_id,
        ordinal=ordinal + 1,
        type=type_,
        amount_minor=amount.amount_minor,
        ending_balance_minor=(before + amount).amount_minor,
        currency=amount.currency,
        invoice=invoice,
        credit_note=credit_note,
        description=description,
        metadata=dict(metadata or {}),
        created_at=at,
    )
    post = post_balance_on_invoice if type_ in OF_INVOICES else post_balance_granted
    moved.ledger_entry_id = post(moved, at=at)
    moved.save(force_insert=True)
    return moved
