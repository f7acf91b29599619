"""The one door for what a PSP says of a dispute: every path, in either order, leaves the figures of the design."""

from __future__ import annotations

from itertools import permutations

import pytest

from disputes.models import Dispute, DisputeFundMovement, DisputeRecount
from disputes.operations.record_dispute_report import record_dispute_report
from foundation.errors import ResourceMissing
from foundation.ids import new_id
from foundation.money import Money
from ledger.queries.verify import verify_books
from payments.models import FundsHold
from tests.factories.dispute_news import Claim, figures
from tests.factories.shop import Shop, open_shop

PAID = 1_000 - 59
"""What the PSP owes for the payment itself, its fee of 2.9 % + 30 taken off."""


@pytest.fixture
def claim(shop: Shop) -> Claim:
    return Claim(shop, shop.pays(1_000))


def test_opened_takes_amount_and_fee_from_clearing(shop: Shop, claim: Claim) -> None:
    before = figures(shop)["clearing"]

    dispute = claim.hears(claim.takes().says("needs_response"))

    assert (dispute.status, dispute.stage, dispute.amount_minor) == ("needs_response", "chargeback", 1_000)
    assert figures(shop) == {"clearing": before - 2_500, "disputed": 1_000, "fees": 1_500}
    assert shop.events()[-2:] == ["charge.dispute.created", "charge.dispute.funds_withdrawn"]
    assert shop.attempt(claim.intent).is_disputed


def test_won_brings_the_money_back_and_keeps_the_fee(shop: Shop, claim: Claim) -> None:
    before = figures(shop)["clearing"]
    claim.hears(claim.takes().says("needs_response"), claim.says("under_review"))

    dispute = claim.hears(claim.returns().says("won"))

    assert dispute.status == "won"
    assert dispute.closed_at is not None
    assert figures(shop) == {"clearing": before - 1_500, "fees": 1_500}
    assert shop.events()[-3:] == [
        "charge.dispute.funds_reinstated",
        "charge.dispute.updated",
        "charge.dispute.closed",
    ]


def test_lost_is_a_loss_without_cash(shop: Shop, claim: Claim) -> None:
    claim.hears(claim.takes().says("needs_response"), claim.says("under_review"))
    before = figures(shop)["clearing"]

    dispute = claim.hears(claim.says("lost"))

    assert (dispute.status, dispute.closed_by) == ("lost", "network")
    assert figures(shop) == {"clearing": before, "losses": 1_000, "fees": 1_500}


def test_late_win_takes_the_loss_back(shop: Shop, claim: Claim) -> None:
    before = figures(shop)["clearing"]
    claim.hears(claim.takes().says("needs_response"), claim.says("lost"))

    dispute = claim.hears(claim.returns().says("won"))

    assert dispute.status == "won"
    assert figures(shop) == {"clearing": before - 1_500, "fees": 1_500}


def test_counter_fee_comes_back_with_the_win(shop: Shop, claim: Claim) -> None:
    before = figures(shop)["clearing"]
    claim.hears(claim.takes().says("needs_response"))
    claim.hears(claim.moves(0, fee=700, is_counter_fee=True).says("under_review"))
    assert figures(shop) == {"clearing": before - 3_200, "disputed": 1_000, "fees": 2_200}

    claim.hears(claim.moves(1_000, fee=-700, is_counter_fee=True).says("won"))

    assert figures(shop) == {"clearing": before - 1_500, "fees": 1_500}


def test_inquiry_moves_nothing_ever(shop: Shop, claim: Claim) -> None:
    before = figures(shop)

    dispute = claim.hears(
        claim.says("warning_needs_response", stage="inquiry"),
        claim.says("warning_under_review", stage="inquiry"),
        claim.says("warning_closed", stage="inquiry"),
    )

    assert (dispute.status, dispute.stage) == ("warning_closed", "inquiry")
    assert figures(shop) == before
    assert not DisputeFundMovement.objects.for_merchant(shop.id).exists()


def test_inquiry_that_becomes_a_chargeback_takes_the_money(shop: Shop, claim: Claim) -> None:
    claim.hears(claim.says("warning_needs_response", stage="inquiry"))

    dispute = claim.hears(claim.takes().says("needs_response"))

    assert (dispute.status, dispute.stage) == ("needs_response", "chargeback")
    assert figures(shop)["disputed"] == 1_000


def test_prevented_is_a_refund_without_fee_booked_once(shop: Shop, claim: Claim) -> None:
    """G11."""
    before = figures(shop)["clearing"]
    news = claim.takes(fee=0).says("lost", is_prevented=True)

    dispute = claim.hears(news, news)

    assert dispute.status == "prevented"
    assert figures(shop) == {"clearing": before - 1_000, "refunds": 1_000}
    assert DisputeRecount.objects.for_merchant(shop.id).count() == 1


def test_second_chargeback_after_a_win_takes_the_money_again(shop: Shop, claim: Claim) -> None:
    before = figures(shop)["clearing"]
    claim.hears(claim.takes().says("needs_response"), claim.returns().says("won"))

    dispute = claim.hears(claim.takes(fee=0).says("lost", stage="second_chargeback"))

    assert (dispute.status, dispute.stage) == ("lost", "second_chargeback")
    assert figures(shop) == {"clearing": before - 2_500, "losses": 1_000, "fees": 1_500}


def test_part_that_was_refunded_before_comes_back_although_lost(shop: Shop, claim: Claim) -> None:
    """G7: 300 were refunded, 1000 are disputed; lost, and the 300 are returned."""
    shop.gives_back(claim.intent, 300)
    before = figures(shop)["clearing"]
    claim.hears(claim.takes().says("needs_response"))

    dispute = claim.hears(claim.moves(300).says("lost"))

    assert dispute.status == "lost"
    assert figures(shop) == {"clearing": before - 700 - 1_500, "losses": 700, "fees": 1_500, "refunds": 300}


def test_amount_may_differ_from_the_charge_and_its_currency(shop: Shop, claim: Claim) -> None:
    """G5."""
    claim.amount, claim.currency = 10_786, "eur"

    dispute = claim.hears(claim.takes().says("needs_response"))

    assert dispute.exceeds_charge
    assert (dispute.amount_minor, dispute.currency) == (10_786, "eur")
    assert figures(shop, "eur") == {"clearing": -12_286, "disputed": 10_786, "fees": 1_500}
    assert FundsHold.objects.for_merchant(shop.id).get().amount == Money(1_000, "usd")


def test_two_fund_movements_at_most_for_a_plain_dispute(shop: Shop, claim: Claim) -> None:
    """G3: −1000 at opening, +1000 at won, nothing at lost."""
    opened = claim.takes().says("needs_response")
    lost = claim.says("lost")
    won = claim.returns().says("won")

    claim.hears(opened, lost, won, won, opened, lost)

    amounts = DisputeFundMovement.objects.for_merchant(shop.id).order_by("id")
    assert [row.amount_minor for row in amounts] == [-1_000, 1_000]


@pytest.mark.parametrize("end", ["won", "lost", "late_win", "prevented"])
def test_every_order_of_arrival_with_duplicates_leaves_the_same_figures(
    transactional_db: None, psp, end: str
) -> None:  # type: ignore[no-untyped-def]
    expected = {
        "won": {"fees": 1_500, "clearing": -1_500},
        "lost": {"fees": 1_500, "losses": 1_000, "clearing": -2_500},
        "late_win": {"fees": 1_500, "clearing": -1_500},
        "prevented": {"refunds": 1_000, "clearing": -1_000},
    }[end]
    for order in permutations(range(3)):
        shop = open_shop(psp)
        claim = Claim(shop, shop.pays(1_000))
        before = figures(shop)["clearing"]
        reports = _story(claim, end)

        for position in order:
            claim.hears(reports[position], reports[position])

        found = figures(shop)
        assert {**found, "clearing": found["clearing"] - before} == expected, order
        assert verify_books(shop.id).differences == []


def _story(claim: Claim, end: str):  # type: ignore[no-untyped-def]
    if end == "prevented":
        opened = claim.takes(fee=0).says("needs_response")
        return [opened, claim.says("lost"), claim.says("lost", is_prevented=True)]
    opened = claim.takes().says("needs_response")
    if end == "won":
        return [opened, claim.says("under_review"), claim.returns().says("won")]
    if end == "lost":
        return [opened, claim.says("under_review"), claim.says("lost")]
    return [opened, claim.says("lost"), claim.returns().says("won")]


def test_older_word_never_lowers_a_status(shop: Shop, claim: Claim) -> None:
    opened, reviewed = claim.takes().says("needs_response"), claim.says("under_review")

    dispute = claim.hears(reviewed, opened)

    assert dispute.status == "under_review"
    assert shop.cases() == []


def test_newer_word_that_takes_a_win_back_is_a_case_for_a_person(shop: Shop, claim: Claim) -> None:
    claim.hears(claim.takes().says("needs_response"), claim.returns().says("won"))
    before = figures(shop)

    dispute = claim.hears(claim.says("lost"))

    assert dispute.status == "won"
    assert figures(shop) == before
    assert shop.cases() == [
        ("contradiction", "dispute", {"recorded": "won", "psp_says": "lost", "amount": "10.00 USD"})
    ]


def test_known_report_writes_nothing(shop: Shop, claim: Claim) -> None:
    news = claim.takes().says("needs_response")
    claim.hears(news)
    footprint, version = shop.footprint(), Dispute.objects.for_merchant(shop.id).get().version

    dispute = claim.hears(news)

    assert shop.footprint() == footprint
    assert dispute.version == version


def test_report_of_another_merchants_charge_leaves_no_trace(shop: Shop, claim: Claim) -> None:
    footprint = shop.footprint()

    with pytest.raises(ResourceMissing):
        record_dispute_report(
            merchant_id=shop.id, attempt_id=new_id(), news=claim.takes().says("needs_response")
        )

    assert shop.footprint() == footprint
    assert not Dispute.objects.for_merchant(shop.id).exists()
