"""Lines in another currency than was booked: matched by a named tolerance, exchange and fee posted from the report."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from foundation.money import Money
from foundation.tenancy.models import Merchant
from ledger.models import Exchange, JournalEntry, ReconciliationMatch
from ledger.queries.balances import get_balance
from ledger.steps import Line
from tests.ledger.books import NOON, own_checks, post
from tests.ledger.reconciliation.settlements import (
    CLEARING,
    captured,
    imported,
    open_kinds,
    run,
    ties_of,
)

pytestmark = pytest.mark.django_db

ADYEN = (
    "Psp Reference,Merchant Reference,Creation Date,TimeZone,Type,Modification Reference,"
    "Modification Merchant Reference,Gross Currency,Gross Debit (GC),Gross Credit (GC),Exchange Rate,Net Currency,"
    "Net Debit (NC),Net Credit (NC),Commission (NC),Markup (NC),Scheme Fees (NC),Interchange (NC),Batch Number,"
    "Payment Method\n"
)
STRIPE = (
    "balance_transaction_id,created_utc,available_on_utc,currency,gross,fee,net,reporting_category,source_id,"
    "customer_facing_amount,customer_facing_currency\n"
)


def settled(*rows: str) -> bytes:
    return (ADYEN + "\n".join(rows) + "\n").encode()


def sale(number: int, paid: str, rate: str, net: str, *, currency: str = "EUR") -> str:
    """A sale as Adyen settles it in USD, with a commission of 0.30."""
    return (
        f"ch_{number},order,2026-11-20 12:00:00,UTC,Settled,cap_{number},,{currency},,{paid},{rate},USD,,{net},"
        "0.30,,,,1,visa"
    )


def balance(merchant: Merchant, path: str, currency: str) -> int:
    return get_balance(merchant.id, path, currency).net_debit.amount_minor


def rules(merchant: Merchant) -> set[str]:
    return set(ReconciliationMatch.objects.for_merchant(merchant.id).values_list("rule", flat=True))


def test_a_sale_in_euros_becomes_dollars_at_the_rate_of_the_report(merchant: Merchant) -> None:
    captured(merchant.id, 1, gross=10_000, fee=0, currency="eur")
    imported(merchant.id, settled(sale(1, "100.00", "1.0834", "108.04")), "adyen_settlement")

    done = run(merchant.id)

    assert (done.matched, done.breaks_open, done.ties_out) == (1, 0, True)
    assert rules(merchant) == {"fx_tolerance"}
    assert balance(merchant, CLEARING, "eur") == 0
    assert balance(merchant, CLEARING, "usd") == 10_804
    assert balance(merchant, "expenses/psp_fees", "usd") == 30
    kept = Exchange.objects.for_merchant(merchant.id).get()
    assert (kept.sold_minor, kept.sold_currency, kept.bought_minor, kept.bought_currency, kept.rate) == (
        10_000,
        "eur",
        10_834,
        "usd",
        Decimal("1.0834"),
    )
    assert ties_of(done)["psp", "usd"] == (0, 10_804, 0, 10_804, 0, 10_804, 0, 0)
    assert own_checks(merchant.id).differences == []


def test_the_next_run_posts_nothing_again(merchant: Merchant) -> None:
    captured(merchant.id, 1, gross=10_000, fee=0, currency="eur")
    imported(merchant.id, settled(sale(1, "100.00", "1.0834", "108.04")), "adyen_settlement")
    run(merchant.id)
    before = JournalEntry.objects.for_merchant(merchant.id).count()

    again = [run(merchant.id), run(merchant.id, is_full=True)]

    assert [(done.matched, done.breaks_open, done.ties_out) for done in again] == [(0, 0, True)] * 2
    assert JournalEntry.objects.for_merchant(merchant.id).count() == before


def test_a_day_between_the_sale_and_its_settlement_still_ties_out(merchant: Merchant) -> None:
    captured(merchant.id, 1, gross=10_000, fee=0, currency="eur", at=NOON - timedelta(days=2))
    imported(merchant.id, settled(sale(1, "100.00", "1.0834", "108.04")), "adyen_settlement")

    between = run(merchant.id, as_of_at=NOON - timedelta(days=1))

    assert between.ties_out
    assert ties_of(between)["psp", "eur"] == (0, 0, 0, 0, 0, 10_000, 10_000, 0)


@pytest.mark.parametrize(
    ("paid", "rate", "net"),
    [("100.00", "1.0834", "108.07"), ("100.01", "1.0834", "108.04"), ("100.00", "", "108.04")],
    ids=["another amount than the rate gives", "another price than was booked", "no rate"],
)
def test_what_the_rate_does_not_explain_stays_a_break(
    merchant: Merchant, paid: str, rate: str, net: str
) -> None:
    captured(merchant.id, 1, gross=10_000, fee=0, currency="eur")
    imported(merchant.id, settled(sale(1, paid, rate, net)), "adyen_settlement")

    done = run(merchant.id)

    assert open_kinds(merchant.id) == [("unknown_currency", "ch_1")]
    assert done.ties_out
    assert Exchange.objects.for_merchant(merchant.id).count() == 0
    assert JournalEntry.objects.for_merchant(merchant.id).count() == 1


@pytest.mark.parametrize("net", ["108.03", "108.04", "108.05"])
def test_a_cent_of_rounding_is_within_the_tolerance(merchant: Merchant, net: str) -> None:
    captured(merchant.id, 1, gross=10_000, fee=0, currency="eur")
    imported(merchant.id, settled(sale(1, "100.00", "1.0834", net)), "adyen_settlement")

    done = run(merchant.id)

    assert (done.matched, done.breaks_open, done.ties_out) == (1, 0, True)


def test_a_currency_without_cents_is_settled_too(merchant: Merchant) -> None:
    captured(merchant.id, 1, gross=15_000, fee=0, currency="jpy")
    imported(merchant.id, settled(sale(1, "15000", "0.00665", "99.45", currency="JPY")), "adyen_settlement")

    done = run(merchant.id)

    assert (done.matched, done.breaks_open, done.ties_out) == (1, 0, True)
    assert balance(merchant, CLEARING, "usd") == 9_945


def test_stripe_says_what_the_customer_paid_and_a_refund_goes_the_other_way(merchant: Merchant) -> None:
    captured(merchant.id, 1, gross=15_000, fee=0, currency="jpy")
    post(
        merchant_id=merchant.id,
        reference="refund:1",
        lines=[
            Line("income/refunds", Money(4_000, "jpy")),
            Line(CLEARING, Money(-4_000, "jpy")),
        ],
        kind="payment_refunded",
        external_reference="re_1",
    )
    rows = (
        "txn_1,2026-11-20 12:00:00,2026-11-22 12:00:00,usd,99.75,3.19,96.56,charge,ch_1,15000,jpy\n"
        "txn_2,2026-11-20 12:00:00,2026-11-22 12:00:00,usd,-26.61,0.00,-26.61,refund,re_1,-4000,jpy\n"
    )
    imported(merchant.id, (STRIPE + rows).encode(), "stripe_balance")

    done = run(merchant.id)

    assert (done.matched, done.breaks_open, done.ties_out) == (2, 0, True)
    assert (balance(merchant, CLEARING, "jpy"), balance(merchant, CLEARING, "usd")) == (0, 9_656 - 2_661)
    back = Exchange.objects.for_merchant(merchant.id).get(sold_currency="usd")
    assert (back.sold_minor, back.bought_minor) == (2_661, 4_000)
    assert own_checks(merchant.id).differences == []
