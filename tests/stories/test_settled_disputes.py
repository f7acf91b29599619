"""Stripe's reports with disputes in them: imported, and reconciled movement by movement without a break."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from payments.psp.sandbox.sandbox import Sandbox
from tests.factories.books import assert_disputes_agree
from tests.factories.dispute_desk import Desk
from tests.factories.dispute_news import figures
from tests.factories.scripted_psp import running_sandbox
from tests.factories.settling import (
    PSP_FILES,
    answer_news,
    hear_of_payouts,
    import_files,
    open_breaks,
    reconciled,
)
from tests.factories.shop import Shop

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A sandbox whose clock no other test has moved: dates are compared here."""
    with running_sandbox() as sandbox:
        yield sandbox


def test_reports_with_every_kind_of_dispute_tie_out_without_a_break(shop: Shop) -> None:
    desk = Desk(shop)
    for _ in range(6):
        shop.pays(100_00)
    fates = {"open": (), "won": ("won",), "lost": ("lost",), "again": ("won", "second_chargeback")}
    for verdicts in fates.values():
        dispute = shop.psp.disputes(desk.reference_of(shop.pays(40_00)))["id"]
        for verdict in verdicts:
            shop.psp.decides(dispute, verdict)
    shop.psp.disputes(desk.reference_of(shop.pays(40_00)), prevented=True)
    shop.psp.disputes(desk.reference_of(shop.pays(40_00)), stage="inquiry")
    desk.hears()
    assert_disputes_agree(shop)

    shop.psp.pays_out()
    hear_of_payouts(shop)
    import_files(shop, *PSP_FILES)
    run = reconciled(shop)
    answer_news(shop)

    assert open_breaks(shop) == []
    assert (run.breaks_open, run.ties_out) == (0, True)
    assert figures(shop)["losses"] == 40_00
    assert figures(shop)["disputed"] == 80_00
