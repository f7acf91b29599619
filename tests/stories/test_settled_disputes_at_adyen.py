"""Adyen's settlement report with chargebacks in it: imported, their fees booked from it, reconciled without a break."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from disputes.models import DisputeFundMovement
from foundation.ids import new_id
from ledger.queries.verify import verify_books
from ledger.reconciliation.operations.import_settlement import import_settlement
from payments.psp.sandbox.sandbox import Sandbox
from tests.factories.adyen import open_adyen_shop
from tests.factories.adyen_desk import AdyenDesk, assert_adyen_disputes_agree
from tests.factories.dispute_news import figures
from tests.factories.scripted_psp import ScriptedPsp, running_sandbox
from tests.factories.settling import answer_news, differences, open_breaks, reconciled
from tests.factories.shop import Shop

pytestmark = pytest.mark.django_db

FEE = 1_500


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A sandbox whose clock no other test has moved: dates are compared here."""
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def shop(db: None, sandbox: Sandbox) -> Shop:
    return open_adyen_shop(ScriptedPsp(sandbox, key=f"AQE{new_id().hex}"))


def import_report(shop: Shop) -> None:
    file = shop.psp.report("adyen_settlement")
    import_settlement(
        merchant_id=shop.id,
        psp_account=shop.account.public_id,
        format="adyen_settlement",
        file=io.BytesIO(file["content"].encode()),
        file_name=file["file_name"],
    )


def test_report_with_every_kind_of_dispute_ties_out_without_a_break(shop: Shop) -> None:
    desk = AdyenDesk(shop)
    for _ in range(6):
        shop.pays(100_00)
    fates = {"open": (), "won": ("won",), "lost": ("lost",), "again": ("won", "second_chargeback")}
    for verdicts in fates.values():
        reference = shop.psp.disputes(desk.reference_of(shop.pays(40_00)))["id"]
        for verdict in verdicts:
            shop.psp.decides(reference, verdict)
    shop.psp.disputes(desk.reference_of(shop.pays(40_00)), stage="inquiry")
    desk.hears()
    (payout,) = shop.psp.pays_out()
    assert_adyen_disputes_agree_before_payout(shop, payout["amount"])

    import_report(shop)
    first = reconciled(shop)
    found = open_breaks(shop)
    answer_news(shop)
    second = reconciled(shop)
    answer_news(shop)
    import_report(shop)
    third = reconciled(shop)

    assert [kind for kind, _ in found] == ["fee_differs"] * 4 + ["missing_at_us"]
    assert all(reference.startswith("CHARGEBACK:") for kind, reference in found if kind == "fee_differs")
    assert first.ties_out
    assert (second.breaks_open, second.ties_out) == (0, True)
    assert (third.breaks_open, third.ties_out) == (0, True)
    assert set(differences(shop, third)) == {0}
    assert figures(shop) == {"disputed": 40_00, "losses": 80_00, "fees": 4 * FEE}
    assert_adyen_disputes_agree(shop, are_fees_settled=True)
    assert verify_books(shop.id).differences == []
    assert shop.cases() == []
    assert shop.ledger("assets/cash_in_transit") == payout["amount"]


def assert_adyen_disputes_agree_before_payout(shop: Shop, paid_out: int) -> None:
    """Before its report, our books lack the fees and the payout; nothing else."""
    fees = shop.psp.books()["usd"]["disputes_fees_minor"]
    assert (fees, shop.ledger("expenses/dispute_fees")) == (4 * FEE, 0)
    assert shop.ledger("psp_clearing") == paid_out + fees


def test_fee_is_booked_once_however_often_it_is_told(shop: Shop) -> None:
    desk = AdyenDesk(shop)
    shop.pays(100_00)
    shop.psp.disputes(desk.reference_of(shop.pays(40_00)))
    desk.hears()
    shop.psp.pays_out()
    import_report(shop)
    reconciled(shop)

    answer_news(shop)
    answer_news(shop)

    fees = DisputeFundMovement.objects.for_merchant(shop.id).filter(fee_minor__gt=0)
    assert list(fees.values_list("amount_minor", "fee_minor")) == [(0, FEE)]
    assert figures(shop)["fees"] == FEE
    assert shop.events().count("charge.dispute.updated") == 1
