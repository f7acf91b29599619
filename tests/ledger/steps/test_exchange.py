"""Entries of several currencies: through the fx account, at the rate that is kept."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from foundation.money import Money
from foundation.tenancy.models import Merchant
from ledger.errors import EntryMalformed, RateDoesNotFit
from ledger.models import Exchange, JournalEntry
from ledger.queries.balances import get_balances
from ledger.queries.exchanges import exchanges_of_entries
from ledger.queries.trial_balance import get_trial_balance
from ledger.steps import Conversion, Line
from tests.ledger.books import CLEARING, NOON, exchange, own_checks, reverse, usd
from tests.ledger.test_protection import run

pytestmark = pytest.mark.django_db

FX = "equity/fx/eur_usd"


def eur(minor: int) -> Money:
    return Money(minor, "eur")


def conversion(sold: Money, bought: Money, rate: str) -> Conversion:
    return Conversion(sold, bought, Decimal(rate), "stripe", NOON)


def sell_euros(merchant: Merchant, reference: str = "fx:1"):  # type: ignore[no-untyped-def]
    return exchange(
        merchant_id=merchant.id,
        reference=reference,
        lines=[Line(CLEARING, eur(-10_000)), Line(CLEARING, usd(10_812))],
        conversions=[conversion(eur(10_000), usd(10_812), "1.08123")],
    )


def test_each_currency_sums_to_zero_and_the_rate_is_kept(merchant: Merchant) -> None:
    posted = sell_euros(merchant)

    stand = {
        (b.path, b.currency): b.net_debit.amount_minor for b in get_balances(merchant.id, [CLEARING, FX])
    }
    assert stand == {
        (CLEARING, "eur"): -10_000,
        (CLEARING, "usd"): 10_812,
        (FX, "eur"): 10_000,
        (FX, "usd"): -10_812,
    }
    (kept,) = exchanges_of_entries(merchant.id, [posted.id])[posted.id]
    assert (kept.sold_minor, kept.bought_minor, kept.rate) == (10_000, 10_812, Decimal("1.08123"))
    assert get_trial_balance(merchant.id).is_balanced
    assert own_checks(merchant.id).differences == []


def test_a_repeat_keeps_one_rate(merchant: Merchant) -> None:
    first, again = sell_euros(merchant), sell_euros(merchant)

    assert (again.id, again.is_new) == (first.id, False)
    assert Exchange.across_merchants.count() == 1


@pytest.mark.parametrize(
    ("sold", "bought", "rate"),
    [
        (eur(10_000), usd(10_812), "1.0812"),
        (eur(10_000), Money(16_342, "jpy"), "163.42"),
        (Money(5_000, "jpy"), Money(10_015, "kwd"), "0.002003"),
        (eur(100_000_000), usd(108_123_450), "1.08123"),
    ],
    ids=["cents", "no decimals", "three decimals", "a rate told with few digits"],
)
def test_amounts_fit_their_rate_in_any_currency(
    sold: Money, bought: Money, rate: str, merchant: Merchant
) -> None:
    lines = [Line(CLEARING, -sold), Line(CLEARING, bought)]

    exchange(
        merchant_id=merchant.id, reference="fx", lines=lines, conversions=[conversion(sold, bought, rate)]
    )

    assert Exchange.across_merchants.count() == 1


@pytest.mark.parametrize(
    ("sold", "bought", "rate"),
    [
        (eur(10_000), usd(10_815), "1.08123"),
        (eur(10_000), usd(10_812), "0.92"),
        (eur(10_000), eur(10_000), "1"),
        (eur(10_000), usd(10_812), "-1.08123"),
    ],
)
def test_amounts_that_do_not_fit_their_rate_are_refused(
    sold: Money, bought: Money, rate: str, merchant: Merchant
) -> None:
    lines = [Line(CLEARING, -sold), Line(CLEARING, bought)]

    with pytest.raises(RateDoesNotFit):
        exchange(
            merchant_id=merchant.id, reference="fx", lines=lines, conversions=[conversion(sold, bought, rate)]
        )

    assert JournalEntry.across_merchants.count() == 0


def test_lines_that_move_another_amount_than_the_exchange_are_refused(merchant: Merchant) -> None:
    with pytest.raises(EntryMalformed):
        exchange(
            merchant_id=merchant.id,
            reference="fx",
            lines=[Line(CLEARING, eur(-9_999)), Line(CLEARING, usd(10_812))],
            conversions=[conversion(eur(10_000), usd(10_812), "1.0812")],
        )

    assert Exchange.across_merchants.count() == 0


def test_a_reversed_exchange_leaves_nothing_between_the_currencies(merchant: Merchant) -> None:
    posted = sell_euros(merchant)

    reverse(merchant_id=merchant.id, entry_id=posted.id, reference="undo")

    assert {b.net_debit.amount_minor for b in get_balances(merchant.id, [CLEARING, FX])} == {0}
    assert own_checks(merchant.id).differences == []


def test_a_rate_is_never_changed(merchant: Merchant) -> None:
    sell_euros(merchant)

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        run("UPDATE ledger_exchange SET rate = 1")
