"""Every planted difference, and nothing else, becomes a break of its kind; every account still ties out."""

from __future__ import annotations

import pytest

from foundation.money import Money
from foundation.tenancy.models import Merchant
from ledger.models import ReconciliationTie
from ledger.steps import Line, NewEntry
from tests.ledger.books import NOON, post_all
from tests.ledger.reconciliation.planting import plant
from tests.ledger.reconciliation.settlements import CLEARING, open_kinds, run, statement_of

pytestmark = pytest.mark.django_db

# Few amounts, so that equal ones abound and nothing but the reference tells them apart.
AMOUNTS = [(1000 + 100 * (number % 7), 59 + 3 * (number % 7)) for number in range(1_400)]


def book(merchant: Merchant) -> None:
    entries = [
        NewEntry(
            kind="payment_captured",
            reference=f"capture:{number}",
            lines=[
                Line(CLEARING, Money(gross, "usd")),
                Line("income/sales", Money(-gross, "usd")),
                Line("expenses/psp_fees", Money(fee, "usd")),
                Line(CLEARING, Money(-fee, "usd")),
            ],
            effective_at=NOON,
            external_reference=f"ch_{number}",
        )
        for number, (gross, fee) in enumerate(AMOUNTS)
    ]
    post_all(merchant_id=merchant.id, entries=entries)


@pytest.mark.parametrize(("every", "seed"), [(100, 1), (100, 2), (10, 3), (2, 4)])
def test_every_planted_difference_and_nothing_else_becomes_a_break(
    merchant: Merchant, every: int, seed: int
) -> None:
    book(merchant)
    rows, planted = plant(AMOUNTS, every=every, seed=seed)
    statement_of(merchant.id, *rows)

    done = run(merchant.id)

    assert len(planted) == len(AMOUNTS) // every
    assert open_kinds(merchant.id) == planted
    assert done.ties_out
    tie = ReconciliationTie.objects.for_merchant(merchant.id).get(run=done, currency="usd")
    assert tie.closing_minor - tie.book_minor == tie.open_breaks_minor


def test_nothing_planted_leaves_no_break(merchant: Merchant) -> None:
    book(merchant)
    rows, _ = plant(AMOUNTS, every=len(AMOUNTS) + 1, seed=1)
    statement_of(merchant.id, *rows)

    done = run(merchant.id)

    assert (done.matched, done.breaks_open, done.ties_out) == (len(AMOUNTS), 0, True)
