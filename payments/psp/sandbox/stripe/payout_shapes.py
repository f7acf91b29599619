"""The shape of a payout and of the bank account it goes to. Builders only, as in `shapes.py`."""

from ..books import Body
from ..ids import derived_text, new_id, random_digits

TRACE_DIGITS = 15


def payout(*, amount: int, currency: str, account: str, now: int, arrival: int) -> Body:
    """An automatic payout on its way to the bank; `amount` in minor units, `arrival` in epoch seconds."""
    return {
        "id": new_id("po_1"),
        "object": "payout",
        "amount": amount,
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": arrival,
        "automatic": True,
        "balance_transaction": None,
        "created": now,
        "currency": currency,
        "description": "STRIPE PAYOUT",
        "destination": bank_account_id(account, currency),
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": {},
        "method": "standard",
        "original_payout": None,
        "payout_method": None,
        "reconciliation_status": "in_progress",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": None,
        "status": "in_transit",
        # The number the bank shows as well; Stripe knows it once the bank has the order.
        "trace_id": {"status": "supported", "value": random_digits(TRACE_DIGITS)},
        "type": "bank_account",
    }


def bank_account_id(account: str, currency: str) -> str:
    """One bank account per account and currency, the same one every time."""
    return f"ba_1{derived_text(f'{account}/{currency}', 23)}"
