"""Scores are counted from the attempts as they are: again and again, and never twice."""

from __future__ import annotations

import pytest

from foundation.ids import new_id
from payments.models import RoutingScore
from payments.operations.roll_routing_scores import roll_routing_scores
from payments.queries.routing_state import read_scores, read_scores_now
from payments.routing.facts import PaymentFacts
from tests.factories.later import later
from tests.factories.shop import Shop
from tests.factories.two_psps import TwoPsps, open_second_account

WEEK_SECONDS = 7 * 86_400


@pytest.fixture
def two(shop: Shop) -> TwoPsps:
    return open_second_account(shop)


def counts(shop: Shop) -> list[tuple[str, str, int, int]]:
    rows = RoutingScore.objects.for_merchant(shop.id).order_by("psp_account__priority", "currency", "brand")
    return [(row.psp_account.name, f"{row.currency} {row.brand}", row.tried, row.authorized) for row in rows]


def test_outcomes_are_counted_by_account_and_segment(two: TwoPsps) -> None:
    two.shop.pays()
    two.shop.authorizes()
    two.shop.pays(token="pm_card_chargeDeclinedLostCard")
    two.shop.pays(token="pm_card_mastercard", currency="eur")

    roll_routing_scores()

    assert counts(two.shop) == [("Scripted", "eur mastercard", 1, 1), ("Scripted", "usd visa", 3, 2)]
    score = RoutingScore.objects.for_merchant(two.shop.id).get(currency="eur")
    assert (score.country, score.funding) == ("US", "credit")


def test_counting_again_changes_nothing_and_adds_what_is_new(two: TwoPsps) -> None:
    two.shop.pays()
    assert roll_routing_scores() == 1
    assert roll_routing_scores() == 0

    two.shop.pays()

    assert roll_routing_scores() == 1
    assert counts(two.shop) == [("Scripted", "usd visa", 2, 2)]


def test_authorization_that_was_released_since_was_one_all_the_same(two: TwoPsps) -> None:
    two.shop.cancels(two.shop.authorizes())

    roll_routing_scores()

    assert counts(two.shop) == [("Scripted", "usd visa", 1, 1)]


def test_what_the_psp_never_heard_of_or_has_not_decided_is_no_outcome(two: TwoPsps) -> None:
    two.shop.psp.fails("error_before_booking", times=1)
    two.shop.pays()

    roll_routing_scores()

    assert counts(two.shop) == []


def test_scores_fade_and_are_forgotten_in_the_end(two: TwoPsps) -> None:
    two.shop.pays(token="pm_card_chargeDeclinedLostCard")
    roll_routing_scores()
    facts = PaymentFacts(
        payment_id=two.shop.id, amount_minor=1, currency="usd", brand="visa", country="US", funding="credit"
    )

    now = read_scores_now(two.shop.id).of(two.first.id, facts).rate_bps
    with later(86_400):
        tomorrow = read_scores_now(two.shop.id).of(two.first.id, facts).rate_bps
    with later(WEEK_SECONDS + 700):
        next_week = read_scores_now(two.shop.id).of(two.first.id, facts).rate_bps
    with later(2 * WEEK_SECONDS + 700):
        roll_routing_scores()

    assert now < tomorrow < next_week == 9_000
    assert counts(two.shop) == []


def test_scores_are_each_merchants_own(two: TwoPsps) -> None:
    two.shop.pays(token="pm_card_chargeDeclinedLostCard")
    roll_routing_scores()

    assert read_scores(new_id()).tallies == {}
