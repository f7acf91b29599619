"""Figures of the networks' programs, and the warning that comes once."""

from __future__ import annotations

import pytest

from disputes.models import Dispute, MonitoringFigure
from disputes.operations.measure_monitoring import measure_monitoring
from foundation import clock
from tests.factories.dispute_news import Claim
from tests.factories.shop import Shop


def _figure(shop: Shop) -> MonitoringFigure:
    return MonitoringFigure.objects.for_merchant(shop.id).get(program="visa_vamp")


def test_wins_count_and_prevented_do_not(shop: Shop) -> None:
    paid = [shop.pays(1_000) for _ in range(4)]
    for number, intent in enumerate(paid[:3]):
        claim = Claim(shop, intent)
        claim.hears(claim.takes().says("needs_response"))
        if number == 0:
            claim.hears(claim.returns().says("won"))
    prevented = Claim(shop, paid[3])
    prevented.hears(prevented.takes(fee=0).says("lost", is_prevented=True))

    measure_monitoring(merchant_id=shop.id)

    figure = _figure(shop)
    assert (figure.count, figure.base, figure.rate_bps) == (3, 4, 7_500)
    assert (figure.reached, figure.warned_at_bps) == ("", 0)


@pytest.fixture
def disputed(shop: Shop):  # type: ignore[no-untyped-def]
    attempt = shop.attempt(shop.pays(1_000))

    def more(count: int) -> None:
        before = Dispute.objects.for_merchant(shop.id).count()
        Dispute.across_merchants.bulk_create(
            Dispute(
                merchant_id=shop.id,
                payment_intent_id=attempt.payment_intent_id,
                attempt=attempt,
                psp_account_id=attempt.psp_account_id,
                psp_reference=f"du_{before + number}",
                amount_minor=1,
                currency="usd",
                network="visa",
                opened_at=clock.now(),
                told_at=clock.now(),
            )
            for number in range(count)
        )

    return more


def test_each_share_of_a_threshold_warns_once(shop: Shop, disputed) -> None:  # type: ignore[no-untyped-def]
    for count, warned in ((749, 0), (1, 5_000), (1, 5_000), (374, 7_500), (375, 7_500)):
        disputed(count)
        measure_monitoring(merchant_id=shop.id)
        measure_monitoring(merchant_id=shop.id)
        assert _figure(shop).warned_at_bps == warned

    assert _figure(shop).reached == "excessive"
    assert shop.events().count("dispute.monitoring_warning") == 3
