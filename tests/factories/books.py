"""The proof at the end of a test: the PSP's own books, our payments and the ledger tell one story."""

from __future__ import annotations

from ledger.queries.verify import verify_books
from payments.models import AttemptStatus, PaymentAttempt
from payments.queries.totals import (
    Totals,
    count_double_charges,
    count_undecided,
    read_ledger_totals,
    read_payment_totals,
)
from tests.factories.shop import Shop

MEMO = "memo/authorized"


def assert_books_agree(shop: Shop) -> None:
    """To the minor unit and by currency: captured, refunded, kept as fees, paid out; what is owed, what is held."""
    at_psp = {
        currency: Totals(
            captured=sums["charges_gross_minor"],
            refunded=sums["refunds_amount_minor"] - sums["refunds_returned_minor"],
            fees=sums["fees_minor"],
            paid_out=sums["payouts_amount_minor"] - sums["payouts_returned_minor"],
        )
        for currency, sums in shop.psp.books().items()
        if sums["captures_count"]
    }
    ledger, clearing = read_ledger_totals(merchant_id=shop.id)

    assert read_payment_totals(merchant_id=shop.id) == at_psp
    assert ledger == at_psp
    assert {currency: net for currency, net in clearing.items() if net} == {
        currency: totals.net for currency, totals in at_psp.items() if totals.net
    }
    held = {currency: amount for (path, currency), amount in shop.balances().items() if path == MEMO}
    assert held == {
        currency: sums["authorized_open_minor"]
        for currency, sums in shop.psp.books().items()
        if sums["authorized_open_minor"]
    }
    assert count_double_charges(merchant_id=shop.id) == 0
    differences = verify_books(shop.id).differences
    assert differences == [], differences


def assert_all_decided(shop: Shop) -> None:
    """Nothing is in doubt any more; an authorization may wait for its capture."""
    assert set(count_undecided(merchant_id=shop.id).values()) == {0}


def statuses_of_attempts(shop: Shop) -> list[AttemptStatus]:
    rows = PaymentAttempt.objects.for_merchant(shop.id).order_by("payment_intent_id", "ordinal")
    return [AttemptStatus(status) for status in rows.values_list("status", flat=True)]
