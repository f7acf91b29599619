"""A shop's day, settled: paid out, told by the PSP's and the bank's own files, and reconciled to the cent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from payments.models import Payout, PayoutStatus
from payments.psp.sandbox.sandbox import Sandbox
from tests.factories.books import assert_all_decided, assert_books_agree
from tests.factories.later import DAY_SECONDS, look_after
from tests.factories.scripted_psp import running_sandbox
from tests.factories.settling import (
    ALL_FILES,
    PSP_FILES,
    answer_news,
    differences,
    hear_of_payouts,
    import_file,
    import_files,
    open_breaks,
    reconciled,
)
from tests.factories.shop import Shop

pytestmark = pytest.mark.django_db

# What a difference planted by the sandbox has to become.
KINDS = {
    "missing": "missing_at_psp",
    "extra": "missing_at_us",
    "amount_differs": "amount_differs",
    "duplicate": "duplicate",
    "fee_differs": "fee_differs",
    "unknown_currency": "unknown_currency",
    "late": "late",
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A sandbox whose clock no other test has moved: dates are compared here."""
    with running_sandbox() as sandbox:
        yield sandbox


def a_day_of(shop: Shop, *, in_parts: bool = True) -> None:
    """Sales in four currencies, in parts, given back, sent back, declined, let go.

    in_parts: with a charge that is captured twice. Where both of its lines are spoiled by chance, one missing and the
    other doubled, no books can tell: tests that spoil a report leave it out."""
    for amount in range(10_00, 30_00, 1_00):
        shop.pays(amount)
    for currency in ("eur", "jpy", "kwd"):
        shop.pays(50_00, currency)
        shop.pays(70_00, currency)
    if in_parts:
        parcels = shop.authorizes(90_00)
        shop.captures(parcels, 40_00, is_final=False)
        shop.captures(parcels, 40_00)
    shop.cancels(shop.authorizes(5_00))
    shop.pays(8_00, token="pm_card_chargeDeclined")
    for amount in (3_00, 4_00, 5_00, 6_00, 7_00):
        shop.gives_back(shop.pays(20_00), amount)
    shop.gives_back(shop.pays(15_00, "eur"), 15_00)


def test_a_day_settled_imported_and_reconciled_ties_out_without_a_break(shop: Shop) -> None:
    a_day_of(shop)
    payouts = shop.psp.pays_out()
    hear_of_payouts(shop)

    import_files(shop)
    first = reconciled(shop)
    answer_news(shop)
    second = reconciled(shop)

    assert (first.breaks_open, first.ties_out, second.breaks_open, second.ties_out) == (0, True, 0, True)
    assert set(differences(shop, first)) == {0}
    assert {payout["currency"] for payout in payouts} == {"eur", "jpy", "kwd", "usd"}
    for payout in payouts:
        assert shop.ledger("assets/bank", payout["currency"]) == payout["amount"]
        assert shop.ledger("psp_clearing", payout["currency"]) == 0
        assert shop.ledger("assets/cash_in_transit", payout["currency"]) == 0
    assert shop.cases() == []
    assert_books_agree(shop)
    assert_all_decided(shop)


def test_a_payout_that_nobody_told_of_is_learned_from_the_psps_own_list(shop: Shop) -> None:
    shop.pays(100_00)
    (paid,) = shop.psp.pays_out()
    import_files(shop)

    first = reconciled(shop)
    answer_news(shop)
    second = reconciled(shop)
    answer_news(shop)

    assert sorted(kind for kind, _ in open_breaks(shop)) == []
    assert (first.breaks_open, second.breaks_open, second.ties_out) == (2, 0, True)
    payout = Payout.objects.for_merchant(shop.id).get()
    assert (payout.psp_reference, payout.status) == (paid["id"], PayoutStatus.PAID)
    assert shop.ledger("assets/bank") == paid["amount"]
    assert_books_agree(shop)


def test_a_payout_that_came_back_is_owed_again_and_no_break(shop: Shop) -> None:
    shop.pays(100_00)
    shop.psp.pays_out(fails=True)
    hear_of_payouts(shop)
    import_files(shop, *PSP_FILES)

    first = reconciled(shop)
    (paid,) = shop.psp.pays_out()
    hear_of_payouts(shop)
    import_files(shop, *ALL_FILES)
    second = reconciled(shop)
    answer_news(shop)
    third = reconciled(shop)

    assert (first.breaks_open, second.breaks_open, third.breaks_open) == (0, 0, 0)
    assert (first.ties_out, second.ties_out, third.ties_out) == (True, True, True)
    assert shop.ledger("assets/bank") == paid["amount"] == 100_00 - 320
    assert shop.ledger("assets/cash_in_transit") == 0
    assert shop.cases() == []
    assert_books_agree(shop)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_planted_difference_and_nothing_else_becomes_a_break_of_its_kind(shop: Shop, seed: int) -> None:
    a_day_of(shop, in_parts=False)
    shop.psp.pays_out()
    hear_of_payouts(shop)
    planted = import_file(shop, "stripe_balance", rate=0.2, seed=seed)
    import_files(shop, "stripe_payout_list", "camt053")

    run = reconciled(shop)

    assert {one["kind"] for one in planted} == set(KINDS)
    expected = sorted((KINDS[one["kind"]], (one["booked"] or one["reported"])["source"]) for one in planted)
    assert open_breaks(shop) == expected
    assert run.ties_out
    assert set(differences(shop, run)) == {0}


@pytest.mark.parametrize("seed", [1, 2])
def test_every_difference_planted_at_the_bank_becomes_a_break_of_its_kind(shop: Shop, seed: int) -> None:
    payouts = []
    for amount in (10_00, 20_00, 30_00):
        for currency in ("usd", "eur", "jpy"):
            shop.pays(amount, currency)
        payouts += shop.psp.pays_out()
    hear_of_payouts(shop)
    import_files(shop, *PSP_FILES)
    planted = import_file(shop, "camt053", rate=0.5, seed=seed)

    run = reconciled(shop)

    assert {one["kind"] for one in planted} == {"missing", "extra", "amount_differs", "duplicate", "late"}
    assert [kind for kind, _ in open_breaks(shop)] == sorted(KINDS[one["kind"]] for one in planted)
    named = {reference for kind, reference in open_breaks(shop) if kind != "missing_at_us"}
    assert named == {one["booked"]["payout"] for one in planted if one["booked"]}
    assert run.ties_out
    assert set(differences(shop, run)) == {0}


def test_what_can_be_answered_of_planted_differences_is_and_the_rest_waits_for_people(shop: Shop) -> None:
    a_day_of(shop, in_parts=False)
    planted = import_file(shop, "stripe_balance", rate=0.2, seed=5)
    reconciled(shop)

    answer_news(shop)
    run = reconciled(shop)
    answer_news(shop)

    kinds = [KINDS[one["kind"]] for one in planted]
    assert sorted(kind for kind, _ in open_breaks(shop)) == sorted(k for k in kinds if k != "fee_differs")
    assert run.ties_out
    assert [(kind, about) for kind, about, _ in shop.cases()] == [("unmatched", "line")] * kinds.count(
        "missing_at_us"
    )


def test_a_day_on_which_no_answer_came_is_proven_by_its_settlement(shop: Shop) -> None:
    shop.psp.fails("error_after_booking", operation="authorize", times=1)
    lost = shop.pays(10_00)
    shop.psp.heals()
    held = shop.authorizes(30_00)
    shop.psp.fails("error_after_booking", operation="capture", times=1)
    shop.captures(held)
    shop.psp.heals()
    paid = shop.pays(20_00)
    shop.psp.fails("error_after_booking", operation="refund", times=1)
    refund = shop.gives_back(paid, 5_00)
    import_file(shop, "stripe_balance")

    first = reconciled(shop)
    answer_news(shop)
    second = reconciled(shop)

    assert (first.breaks_open, second.breaks_open, second.ties_out) == (3, 0, True)
    assert {shop.fresh(row).status for row in (lost, held, refund)} == {"succeeded"}
    assert shop.cases() == []
    assert_books_agree(shop)
    assert_all_decided(shop)


def test_the_day_after_says_the_same_of_the_day_before(shop: Shop) -> None:
    a_day_of(shop)
    shop.psp.pays_out()
    hear_of_payouts(shop)
    import_files(shop)
    reconciled(shop)
    answer_news(shop)

    look_after(DAY_SECONDS)
    import_files(shop)
    again = reconciled(shop)

    assert (again.matched, again.breaks_open, again.ties_out) == (0, 0, True)
