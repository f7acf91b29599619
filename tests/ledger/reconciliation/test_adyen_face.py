"""What Adyen's face of the sandbox booked, its settlement report tells, and it ties out with our ledger."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests

from foundation import clock
from foundation.ids import new_id
from foundation.jobs.inline import run_due_jobs
from ledger.reconciliation.operations.import_settlement import import_settlement
from ledger.reconciliation.operations.reconcile import reconcile
from ledger.reconciliation.queries.breaks import list_open_breaks
from tests.factories.adyen import MERCHANT_ACCOUNT, bank_token, open_adyen_shop, tell, told
from tests.factories.books import assert_books_agree
from tests.factories.later import later
from tests.factories.scripted_psp import ScriptedPsp, running_sandbox
from tests.factories.settling import answer_news, differences, import_file, open_breaks
from tests.factories.shop import Shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(db: None) -> Iterator[Shop]:
    # A sandbox of its own: the clock of the shared one runs ahead of ours, and a report would look late.
    with running_sandbox() as sandbox:
        yield open_adyen_shop(ScriptedPsp(sandbox, key=f"AQE{new_id().hex}"))


def news_arrives(shop: Shop) -> None:
    shop.psp.time_passes(seconds=3)
    tell(shop, *told(shop.psp))
    run_due_jobs()


def report_of(shop: Shop) -> str:
    base = shop.psp.base_url
    order = {"account": shop.psp.key, "include_pending": True, "arrival_seconds": 0}
    requests.post(f"{base}/sandbox/payouts", json=order, timeout=5).raise_for_status()
    wish = {"account": shop.psp.key}
    return requests.get(f"{base}/sandbox/reports/adyen_settlement", params=wish, timeout=5).text


def test_report_names_each_movement_as_adyen_told_it(shop: Shop) -> None:
    charge = shop.pays(25_00)
    capture = shop.captures(shop.authorizes(40_00), 30_00)
    news_arrives(shop)
    refund = shop.gives_back(charge, 4_00)
    news_arrives(shop)

    rows = [line.split(",") for line in report_of(shop).splitlines()]

    names = rows[0]
    told_rows = [dict(zip(names, row, strict=False)) for row in rows[1:]]
    paid, captured = shop.attempt(charge), shop.fresh(capture)
    by_type = {(row["Type"], row["Psp Reference"]): row for row in told_rows}
    settled = by_type["Settled", paid.psp_reference]
    assert (settled["Merchant Reference"], settled["Gross Credit (GC)"]) == (paid.psp_key, "25.00")
    assert settled["Merchant Account"] == MERCHANT_ACCOUNT
    taken = by_type["Settled", captured.attempt.psp_reference]
    assert taken["Modification Reference"] == captured.psp_reference
    given = by_type["Refunded", paid.psp_reference]
    assert given["Modification Reference"] == shop.fresh(refund).psp_reference
    assert given["Modification Merchant Reference"] == shop.fresh(refund).psp_key


def test_settlement_report_ties_out_with_the_ledger(shop: Shop) -> None:
    charge = shop.pays(25_00)
    held = shop.authorizes(40_00)
    shop.captures(held, 30_00)
    shop.psp.fails("refund_returned", operation="refund", seconds=60)
    shop.gives_back(charge, 4_00)
    news_arrives(shop)
    shop.psp.time_passes(seconds=120)
    news_arrives(shop)
    assert_books_agree(shop)

    imported = import_settlement(
        merchant_id=shop.id,
        psp_account=shop.account.public_id,
        format="adyen_settlement",
        file=io.BytesIO(report_of(shop).encode()),
    )
    reconcile(merchant_id=shop.id, as_of_at=clock.now() + timedelta(days=1))

    assert imported.statement is not None
    breaks = [(found.kind, found.reference) for found in list_open_breaks(shop.id)]
    assert [one for one in breaks if not one[1].startswith("po_")] == []


def settles(shop: Shop) -> Any:
    """Adyen pays out and reports; we import, reconcile, let payments answer, and reconcile again: the last run."""
    shop.psp.pays_out()
    for _ in range(2):
        import_file(shop, "adyen_settlement")
        run = reconcile(merchant_id=shop.id, as_of_at=clock.now() + timedelta(days=1))
        answer_news(shop)
    return run


def test_fees_that_only_the_report_tells_are_booked_once_and_it_ties_out(shop: Shop) -> None:
    deducted = {"account": shop.psp.key, "deducted": True}
    requests.post(f"{shop.psp.base_url}/sandbox/adyen_fees", json=deducted, timeout=5).raise_for_status()
    charge = shop.pays(25_00)
    shop.captures(shop.authorizes(40_00), 30_00)
    news_arrives(shop)
    shop.gives_back(charge, 4_00)
    news_arrives(shop)
    assert shop.ledger("expenses/psp_fees") == 0
    fees = shop.psp.books()["usd"]["fees_minor"]
    assert fees == (73 + 30) + (87 + 30)

    run = settles(shop)

    assert open_breaks(shop) == []
    assert set(differences(shop, run)) == {0}
    assert shop.ledger("expenses/psp_fees") == fees
    assert [capture.fee_minor for capture in shop.attempt(charge).captures.all()] == [73 + 30]
    assert shop.ledger("psp_clearing") == 0
    assert_books_agree(shop)
    entries = shop.balances()
    # The same report once more, and another run: nothing is booked twice.
    settles(shop)
    assert (shop.balances(), open_breaks(shop)) == (entries, [])


def test_debit_that_came_back_ties_out_as_a_return(shop: Shop) -> None:
    shop.pays(25_00, "eur", token=bank_token("sepa_debit", "returned"))
    shop.pays(10_00, "eur", token=bank_token("sepa_debit"))
    for days in (4, 10):
        with later(days * 86_400 + 60):
            news_arrives(shop)
    assert_books_agree(shop)

    with later(11 * 86_400):
        run = settles(shop)

    assert open_breaks(shop) == []
    assert set(differences(shop, run)) == {0}
    assert shop.ledger("income/sales", "eur") == 10_00
    assert_books_agree(shop)
