"""Payouts as the API shows them, in Stripe's shape."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

from foundation.clock import to_timestamp
from payments.models import Payout, PayoutStatus
from payments.shapes.ids import public

# Source: docs.stripe.com/api/payouts/failures, read 2026-11; what is not among them is shown by its code.
_FAILURES = {
    "account_closed": "The bank account has been closed.",
    "account_frozen": "The bank account has been frozen.",
    "bank_account_restricted": "The bank account has restrictions on the type or number of payouts allowed.",
    "could_not_process": "The bank could not process this payout.",
    "debit_not_authorized": "Debit transactions are not approved on the bank account.",
    "declined": "The bank has declined this payout.",
    "insufficient_funds": "The balance was too low for this payout.",
    "invalid_account_number": "The routing number is right, but the account number is invalid.",
    "invalid_currency": "The bank could not take this payout in its currency.",
    "no_account": "The bank account could not be found.",
}


def payout_shape(payout: Payout, *, livemode: bool) -> dict[str, Any]:
    failure = payout.failure_code
    is_settled = payout.status in (PayoutStatus.PAID, PayoutStatus.FAILED)
    reconciliation = (
        ("completed" if is_settled else "in_progress") if payout.is_automatic else "not_applicable"
    )
    return {
        "id": payout.public_id,
        "object": "payout",
        "amount": payout.amount_minor,
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": to_timestamp(datetime.combine(payout.arrival_on, time(), UTC)),
        "automatic": payout.is_automatic,
        "balance_transaction": public("txn", payout.sent_entry_id),
        "created": to_timestamp(payout.created_at),
        "currency": payout.currency,
        "description": None,
        "destination": None,
        "failure_balance_transaction": public("txn", payout.return_entry_id),
        "failure_code": failure or None,
        "failure_message": _FAILURES.get(failure, f"The bank gave this reason: {failure}.")
        if failure
        else None,
        "livemode": livemode,
        "metadata": {},
        "method": "standard",
        "original_payout": None,
        "payout_method": None,
        "reconciliation_status": reconciliation,
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": payout.statement_descriptor or None,
        "status": payout.status,
        "trace_id": {"status": "supported", "value": payout.bank_trace} if payout.bank_trace else None,
        "type": "bank_account",
    }
