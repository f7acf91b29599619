"""Payments fold to the ledger, whatever people adjusted or wrote off beside them; what is off is named."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from foundation import clock
from foundation.context import acting
from foundation.ids import new_id
from foundation.money import Money
from foundation.tenancy.operations import create_api_key
from ledger.operations.approve_adjustment import approve_adjustment
from ledger.operations.request_adjustment import request_adjustment
from ledger.queries.verify import verify_books
from ledger.reconciliation.operations.approve_write_off import approve_write_off
from ledger.reconciliation.operations.request_write_off import request_write_off
from ledger.reconciliation.queries.breaks import list_open_breaks
from ledger.steps import Line
from payments.models import Payout
from tests.factories.payout_news import payout_news, recorded
from tests.factories.scripted_psp import running_sandbox
from tests.factories.settling import import_file, reconciled
from tests.factories.shop import Shop
from tests.payments.api.conftest import CheckedCaller

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def sandbox() -> Any:
    """A sandbox whose clock no other test has moved: dates are compared here."""
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def api(shop: Shop) -> CheckedCaller:
    return CheckedCaller(create_api_key(merchant_id=shop.id).secret)


def adjust(shop: Shop, amount: Money, *, at: datetime) -> None:
    with acting(actor="staff:ada"):
        asked = request_adjustment(
            merchant_id=shop.id,
            adjustment_id=new_id(),
            lines=[
                Line(f"assets/psp_clearing/{shop.account.public_id}", amount),
                Line("income/sales", -amount),
            ],
            effective_at=at,
            reason="Agreed with the PSP.",
        )
    with acting(actor="staff:bob"):
        approve_adjustment(merchant_id=shop.id, adjustment_id=asked.id, parameters_hash=asked.parameters_hash)


def test_an_adjustment_of_what_a_psp_owes_is_no_payments_and_shown_as_such(
    shop: Shop, api: CheckedCaller
) -> None:
    shop.pays(10_00)

    adjust(shop, Money(77, "usd"), at=clock.now())

    assert verify_books(shop.id).differences == []
    (shown,) = api.get("/v1/balance_transactions?type=adjustment").json()["data"]
    assert (shown["amount"], shown["fee"], shown["reporting_category"]) == (77, 0, "other_adjustment")
    balance = api.get("/v1/balance").json()
    assert (balance["available"][0]["amount"], balance["pending"][0]["amount"]) == (77, 9_41)


def test_what_was_written_off_is_no_payments(shop: Shop) -> None:
    shop.pays(10_00)
    import_file(shop, "stripe_balance", rate=1.0, kinds="extra", seed=1)
    reconciled(shop)
    (missing,) = list_open_breaks(shop.id)
    with acting(actor="staff:ada"):
        request_write_off(merchant_id=shop.id, break_id=missing.id, reason="Theirs.")
    with acting(actor="staff:bob"):
        approve_write_off(
            merchant_id=shop.id,
            break_id=missing.id,
            amount_minor=missing.amount_minor,
            currency=missing.currency,
        )

    run = reconciled(shop)

    assert (run.breaks_open, run.ties_out) == (0, True)
    assert verify_books(shop.id).differences == []


def test_a_payout_that_the_books_do_not_have_is_named(shop: Shop) -> None:
    payout = recorded(shop, payout_news())
    Payout.across_merchants.filter(pk=payout.pk).update(amount_minor=80_00)

    found = verify_books(shop.id, only=["payments_fold_to_ledger"]).differences

    assert [(d.subject, d.expected, d.found) for d in found] == [
        ("paid_out usd", "8000", "9000"),
        ("psp_clearing usd", "-8000", "-9000"),
    ]
