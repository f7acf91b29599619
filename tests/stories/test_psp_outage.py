"""A PSP falls silent under way: a few payments are in doubt, everything after goes to the other, nobody pays twice."""

from __future__ import annotations

import pytest

from payments.models import IntentStatus, PaymentIntent
from tests.factories.books import assert_all_decided
from tests.factories.later import look_after
from tests.factories.scripted_psp import ScriptedPsp
from tests.factories.shop import open_shop
from tests.factories.two_psps import TwoPsps, open_second_account

TIMEOUTS_THAT_OPEN_THE_BREAKER = 10


@pytest.fixture
def two(db: None, psp: ScriptedPsp) -> TwoPsps:
    return open_second_account(open_shop(psp, deadline_seconds=1))


def accounts(two: TwoPsps, intents: list[PaymentIntent]) -> list[list[str]]:
    return [[name for name, _ in two.attempts(intent)] for intent in intents]


def test_silent_psp_costs_a_few_seconds_and_no_payment_is_charged_at_both(two: TwoPsps) -> None:
    before = [two.shop.pays() for _ in range(3)]
    assert accounts(two, before) == [["Scripted"]] * 3

    # It books half of them and answers nobody.
    half = TIMEOUTS_THAT_OPEN_THE_BREAKER // 2
    two.shop.psp.fails("timeout_after_booking", seconds=2, times=half)
    two.shop.psp.fails("timeout_before_booking", seconds=2, times=1_000)
    in_doubt = [two.shop.pays() for _ in range(TIMEOUTS_THAT_OPEN_THE_BREAKER)]
    assert {intent.status for intent in in_doubt} == {IntentStatus.PROCESSING}

    # The breaker is open: the other one is asked at once, the silent one not at all.
    after = [two.shop.pays() for _ in range(12)]
    assert {intent.status for intent in after} == {IntentStatus.SUCCEEDED}
    assert accounts(two, after) == [["Second"]] * 12
    assert {d.considered[-1]["reason"] for d in two.decisions(after[0])} == {"not available (open)"}

    two.shop.psp.heals()
    for seconds in (11, 31, 63, 130, 610):
        look_after(seconds)

    settled = [two.shop.fresh(intent) for intent in in_doubt]
    assert [intent.status for intent in settled].count(IntentStatus.SUCCEEDED) == half
    assert [intent.status for intent in settled].count(IntentStatus.REQUIRES_CONFIRMATION) == half
    assert accounts(two, settled) == [["Scripted"]] * TIMEOUTS_THAT_OPEN_THE_BREAKER
    assert_all_decided(two.shop)
    # Each book holds exactly the payments that say so, and none is in both.
    assert two.charges == (3 + half, 12)


def test_psp_that_turns_everybody_away_costs_nobody_a_payment(two: TwoPsps) -> None:
    two.shop.psp.fails("status_429", times=1_000)

    intents = [two.shop.pays() for _ in range(6)]

    assert {intent.status for intent in intents} == {IntentStatus.SUCCEEDED}
    assert accounts(two, intents) == [["Scripted", "Second"]] * 6
    assert two.charges == (0, 6)
    assert_all_decided(two.shop)
