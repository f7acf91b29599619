"""What the programs count of a merchant, and against which region's thresholds."""

from __future__ import annotations

import pytest

from disputes.monitoring import Threshold
from disputes.queries.monitoring import Measured, Month, read_programs
from disputes.regions import is_cemea
from foundation import clock
from foundation.tenancy.models import Merchant
from tests.factories.shop import Shop


def _programs(shop: Shop) -> dict[str, Measured]:
    now = clock.now()
    measured = read_programs(merchant_id=shop.id, month=Month.of(now), now=now)
    return {one.reading.program: one for one in measured}


@pytest.mark.parametrize(
    ("country", "threshold"),
    [
        ("US", Threshold("excessive", 1_500, 150)),
        ("AE", Threshold("excessive", 150, 220)),
        ("UA", Threshold("excessive", 150, 220)),
        ("TR", Threshold("excessive", 1_500, 150)),
    ],
)
def test_vamp_is_read_against_the_thresholds_of_the_merchants_region(
    shop: Shop, country: str, threshold: Threshold
) -> None:
    Merchant.objects.filter(pk=shop.id).update(country=country)

    found = _programs(shop)

    assert found["visa_vamp"].reading.thresholds == (threshold,)
    assert found["visa_enumeration"].reading.thresholds == (Threshold("excessive", 300_000, 2_000),)


def test_enumeration_counts_guesses_and_no_other_decline(shop: Shop) -> None:
    shop.pays(1_000)
    for token in ("pm_card_chargeDeclinedIncorrectCvc", "pm_card_chargeDeclinedInsufficientFunds"):
        shop.pays(1_000, token=token)

    reading = _programs(shop)["visa_enumeration"].reading

    assert (reading.count, reading.base) == (1, 3)


@pytest.mark.parametrize("country", ["DE", "GB", "IL", "TR", "US", ""])
def test_other_regions_are_not_cemea(country: str) -> None:
    assert not is_cemea(country)
