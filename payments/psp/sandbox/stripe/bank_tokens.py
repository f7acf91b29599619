"""Magic payment methods that are no cards: bank debits, and methods for which the customer goes to their bank.

`pm_usBankAccount_success`, `pm_sepaDebit_…`, `pm_ideal_…`, `pm_upi_…`, `pm_klarna_…`, each with `success`, `failed`
(the bank says no, for debits days later) and, for debits, `returned`: it succeeds, and the bank takes it back later.
Source: https://docs.stripe.com/payments/ach-direct-debit and /sepa-debit (test accounts), read 2026-11; the names
that Stripe lacks are the sandbox's.
"""

from dataclasses import dataclass, field, replace
from typing import Any

DAY_SECONDS = 24 * 3600
SETTLE_DEBIT_SECONDS = 4 * DAY_SECONDS
RETURN_DEBIT_SECONDS = 5 * DAY_SECONDS


@dataclass(frozen=True, slots=True)
class Bank:
    """type: Stripe's name of the method. ending: success, failed or returned. failure: the code of a refusal."""

    type: str
    last4: str = ""
    country: str = ""
    redirects: bool = False
    takes_days: bool = False
    ending: str = "success"
    failure: str = ""
    details: dict[str, Any] = field(default_factory=dict)


_DEBITS = {
    "usBankAccount": Bank(
        "us_bank_account",
        "6789",
        "US",
        takes_days=True,
        details={
            "account_holder_type": "individual",
            "account_type": "checking",
            "bank_name": "STRIPE TEST BANK",
            "routing_number": "110000000",
        },
    ),
    "sepaDebit": Bank(
        "sepa_debit",
        "3000",
        "DE",
        takes_days=True,
        details={"bank_code": "37040044", "branch_code": ""},
    ),
}
_REDIRECTS = {
    "ideal": Bank("ideal", country="NL", redirects=True, details={"bank": "ing", "bic": "INGBNL2A"}),
    "upi": Bank("upi", country="IN", redirects=True, details={"vpa": "success@upi"}),
    "klarna": Bank("klarna", redirects=True, details={"dob": None}),
}
FAILURES = {"us_bank_account": "insufficient_funds", "sepa_debit": "insufficient_funds"}


def _variants() -> dict[str, Bank]:
    found = {}
    for family, bank in {**_DEBITS, **_REDIRECTS}.items():
        failure = FAILURES.get(bank.type, "payment_method_provider_decline")
        found[f"{family}_success"] = bank
        found[f"{family}_failed"] = replace(bank, ending="failed", failure=failure)
        if bank.takes_days:
            found[f"{family}_returned"] = replace(bank, ending="returned", failure="debit_not_authorized")
    return found


BANKS = _variants()
TYPES = tuple(dict.fromkeys(bank.type for bank in BANKS.values()))


# Stripe's test accounts; any other one succeeds. Source: https://docs.stripe.com/ach-direct-debit and
# https://docs.stripe.com/payments/sepa-debit/accept-a-payment, "Test", read 2026-11.
_ENDINGS = {
    "DE62370400440532013001": "failed",
    "DE65370400440532013002": "returned",
    "000111111116": "failed",
    "000222222227": "failed",
    "000333333335": "returned",
}
_FAMILIES = {bank.type: family for family, bank in {**_DEBITS, **_REDIRECTS}.items()}


def named_by(method_type: str, given: dict[str, Any]) -> str | None:
    """The magic method that a real account stands for; None for a debit without an account."""
    account = str(given.get("iban") or given.get("account_number") or "")
    if not account and method_type in ("sepa_debit", "us_bank_account"):
        return None
    return f"{_FAMILIES[method_type]}_{_ENDINGS.get(account, 'success')}"
