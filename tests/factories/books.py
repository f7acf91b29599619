"""The proof at the end of a test: the PSP's own books, our payments and the ledger tell one story."""

from __future__ import annotations

from django.db.models import Sum

from disputes.models import DisputeFundMovement, DisputeRecount
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
DISPUTED_FUNDS, LOSSES = "assets/disputed_funds", "expenses/dispute_losses"
DISPUTE_FEES, REFUNDED = "expenses/dispute_fees", "income/refunds"


def assert_books_agree(shop: Shop) -> None:
    """To the minor unit and by currency: captured, refunded, kept as fees, paid out; what is owed, what is held."""
    at_psp = {
        currency: Totals(
            captured=sums["charges_gross_minor"] - sums["charges_returned_minor"],
            refunded=sums["refunds_amount_minor"] - sums["refunds_returned_minor"],
            fees=sums["fees_minor"],
            paid_out=sums["payouts_amount_minor"] - sums["payouts_returned_minor"],
        )
        for currency, sums in shop.psp.books().items()
        if sums["captures_count"]
    }
    ledger, clearing = read_ledger_totals(merchant_id=shop.id)

    assert _moved(read_payment_totals(merchant_id=shop.id)) == _moved(at_psp)
    assert _moved(ledger) == _moved(at_psp)
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
    assert_disputes_agree(shop)
    differences = verify_books(shop.id).differences
    assert differences == [], differences


def _moved(totals: dict[str, Totals]) -> dict[str, Totals]:
    """What came back in full without a fee stands at zero everywhere, if it stands at all."""
    return {currency: one for currency, one in totals.items() if one != Totals()}


def assert_disputes_agree(shop: Shop) -> None:
    """Every movement of the PSP's for a dispute is booked once, as the PSP dates it; and by currency: what disputes
    took and gave back, their fees, and the accounts in which the money stands."""
    at_psp = {
        (entry["id"], entry["currency"], entry["amount_minor"], entry["fee_minor"])
        for entry in shop.psp.entries()
        if entry["dispute"]
    }
    rows = DisputeFundMovement.objects.for_merchant(shop.id)
    booked = rows.values_list("movement_id", "currency", "amount_minor", "fee_minor")
    assert sorted(booked) == sorted(at_psp)
    ledger = shop.balances()
    for currency, sums in shop.psp.books().items():
        held = sums["disputes_withdrawn_minor"] - sums["disputes_reinstated_minor"]
        prevented = _counted_as_refund(shop, currency)
        in_accounts = sum(ledger.get((path, currency), 0) for path in (DISPUTED_FUNDS, LOSSES)) + prevented
        assert in_accounts == held
        assert prevented == sums["disputes_prevented_minor"]
        assert ledger.get((DISPUTE_FEES, currency), 0) == sums["disputes_fees_minor"]


def assert_psp_owes_what_we_say(shop: Shop) -> None:
    """Where nothing was paid out: the clearing account is the PSP's own balance, disputes included."""
    at_psp = {currency: sums["net_minor"] for currency, sums in shop.psp.books().items() if sums["net_minor"]}
    path = f"assets/psp_clearing/{shop.account.public_id}"
    assert {currency: net for (name, currency), net in shop.balances().items() if name == path} == at_psp


def _counted_as_refund(shop: Shop, currency: str) -> int:
    """What disputes that were prevented stand at: booked as a refund, by movement or by recount."""
    movements = DisputeFundMovement.objects.for_merchant(shop.id).filter(account=REFUNDED, currency=currency)
    recounts = DisputeRecount.objects.for_merchant(shop.id).filter(currency=currency)
    into = recounts.filter(to_account=REFUNDED).aggregate(sum=Sum("amount_minor"))["sum"] or 0
    out = recounts.filter(from_account=REFUNDED).aggregate(sum=Sum("amount_minor"))["sum"] or 0
    return into - out - (movements.aggregate(sum=Sum("amount_minor"))["sum"] or 0)


def assert_all_decided(shop: Shop) -> None:
    """Nothing is in doubt any more; an authorization may wait for its capture."""
    assert set(count_undecided(merchant_id=shop.id).values()) == {0}


def statuses_of_attempts(shop: Shop) -> list[AttemptStatus]:
    rows = PaymentAttempt.objects.for_merchant(shop.id).order_by("payment_intent_id", "ordinal")
    return [AttemptStatus(status) for status in rows.values_list("status", flat=True)]
