"""What is told of a payout, by whomever, in any order and any number of times: one row, one entry for each step."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import pytest

from foundation.errors import ResourceMissing
from foundation.events.models import Event
from foundation.ids import new_id
from foundation.jobs.inline import run_due_jobs
from foundation.money import Money
from ledger.operations.close_period import close_period
from ledger.queries.entries import get_entry
from ledger.queries.verify import verify_books
from payments.models import Payout, PayoutStatus, PspCall, PspWebhook
from payments.operations.poll_payouts import poll_payouts
from payments.operations.record_payout import record_payout
from payments.operations.record_payout_arrival import record_payout_arrival
from payments.operations.stage_payout_polls import stage_payout_polls
from tests.factories.books import assert_books_agree
from tests.factories.later import DAY_SECONDS, later
from tests.factories.payout_news import NOON, payout_news, recorded
from tests.factories.psp_news import tell, told
from tests.factories.scripted_psp import ScriptedPsp
from tests.factories.settling import PAYOUT_NEWS, hear_of_payouts
from tests.factories.shop import Shop, open_shop

pytestmark = pytest.mark.django_db


def one_payout(shop: Shop) -> Payout:
    return Payout.objects.for_merchant(shop.id).get()


def footprint(shop: Shop) -> dict[str, Any]:
    return shop.footprint() | {"payouts": Payout.objects.for_merchant(shop.id).count()}


def books_of(shop: Shop) -> tuple[int, int, int]:
    """(owed by the PSP, on its way, at the bank)"""
    return shop.ledger("psp_clearing"), shop.ledger("assets/cash_in_transit"), shop.ledger("assets/bank")


# --- Success


def test_payout_leaves_the_psp_is_on_its_way_and_arrives_by_the_banks_word(shop: Shop) -> None:
    payout = recorded(shop, payout_news())
    assert (payout.status, books_of(shop)) == (PayoutStatus.IN_TRANSIT, (-90_00, 90_00, 0))

    payout = recorded(shop, payout_news("paid"))
    assert (payout.status, books_of(shop)) == (PayoutStatus.PAID, (-90_00, 90_00, 0))

    payout = record_payout_arrival(merchant_id=shop.id, payout_id=payout.id, arrived_at=NOON)
    assert (payout.arrived_at, books_of(shop)) == (NOON, (-90_00, 0, 90_00))
    assert shop.events() == ["payout.created", "payout.paid"]
    assert shop.cases() == []


def test_bank_that_knows_first_proves_the_payout_paid(shop: Shop) -> None:
    payout = recorded(shop, payout_news("pending"))

    record_payout_arrival(merchant_id=shop.id, payout_id=payout.id, arrived_at=NOON)

    assert one_payout(shop).status == PayoutStatus.PAID
    assert books_of(shop) == (-90_00, 0, 90_00)
    assert shop.events() == ["payout.created", "payout.paid"]


def test_entries_are_dated_by_the_psp_and_by_the_bank(shop: Shop) -> None:
    payout = recorded(shop, payout_news())
    midnight = datetime(2026, 11, 18, tzinfo=UTC)

    payout = record_payout_arrival(merchant_id=shop.id, payout_id=payout.id, arrived_at=midnight)

    assert payout.sent_entry_id and payout.arrival_entry_id
    assert get_entry(shop.id, payout.sent_entry_id).effective_at == NOON
    # The bank knows the day only: not before the payout was made.
    assert get_entry(shop.id, payout.arrival_entry_id).effective_at == NOON


def test_payout_of_a_closed_month_is_booked_in_the_open_one(shop: Shop) -> None:
    ended = datetime(2026, 11, 1, tzinfo=UTC)
    close_period(merchant_id=shop.id, period_id=new_id(), ends_at=ended)

    payout = recorded(shop, payout_news(created_at=datetime(2026, 10, 31, 23, tzinfo=UTC)))

    assert payout.sent_entry_id
    entry = get_entry(shop.id, payout.sent_entry_id)
    assert entry.effective_at == ended
    assert "made 2026-10-31" in entry.description


def test_payout_that_fails_is_owed_again(shop: Shop) -> None:
    recorded(shop, payout_news())

    payout = recorded(shop, payout_news("failed"))

    assert (payout.status, payout.failure_code) == (PayoutStatus.FAILED, "account_closed")
    assert books_of(shop) == (0, 0, 0)
    assert shop.events() == ["payout.created", "payout.failed"]
    assert verify_books(shop.id).differences == []


def test_payout_that_the_bank_sent_back_after_its_arrival_leaves_the_bank_again(shop: Shop) -> None:
    payout = recorded(shop, payout_news("paid"))
    record_payout_arrival(merchant_id=shop.id, payout_id=payout.id, arrived_at=NOON)

    recorded(shop, payout_news("failed"))

    assert books_of(shop) == (0, 0, 0)
    assert verify_books(shop.id).differences == []


def test_payout_withdrawn_before_it_left_is_owed_again(shop: Shop) -> None:
    recorded(shop, payout_news("pending"))

    payout = recorded(shop, payout_news("canceled"))

    assert (payout.status, books_of(shop)) == (PayoutStatus.CANCELED, (0, 0, 0))
    assert shop.events() == ["payout.created", "payout.canceled"]


def test_first_news_of_a_failure_books_both_ways_as_the_psp_did(shop: Shop) -> None:
    payout = recorded(shop, payout_news("failed"))

    assert payout.sent_entry_id and payout.return_entry_id
    assert books_of(shop) == (0, 0, 0)
    assert shop.events() == ["payout.created", "payout.failed"]


def test_events_carry_stripes_shape_and_what_it_was_before(shop: Shop) -> None:
    recorded(shop, payout_news("pending"))
    payout = recorded(shop, payout_news("in_transit"))

    updated = Event.objects.for_merchant(shop.id).get(type="payout.updated")

    assert updated.previous_attributes == {"status": "pending"}
    assert updated.data["id"] == payout.public_id
    assert (updated.data["amount"], updated.data["status"]) == (90_00, "in_transit")
    assert updated.data["arrival_date"] == int(datetime(2026, 11, 20, tzinfo=UTC).timestamp())


# --- The same news twice, and in any order


@pytest.mark.parametrize("status", ["pending", "in_transit", "paid", "failed", "canceled"])
def test_same_news_twice_is_recorded_once(shop: Shop, status: str) -> None:
    recorded(shop, payout_news(status))
    before = footprint(shop)

    recorded(shop, payout_news(status))

    assert footprint(shop) == before


@pytest.mark.parametrize("last", ["paid", "failed"])
def test_news_in_any_order_ends_in_the_same_books(shop: Shop, last: str) -> None:
    statuses = ["pending", "in_transit", "paid"] + (["failed"] if last == "failed" else [])

    for number, order in enumerate(permutations(statuses)):
        for status in order:
            recorded(shop, payout_news(status, psp_reference=f"po_{number}"))

    assert set(Payout.objects.for_merchant(shop.id).values_list("status", flat=True)) == {last}
    sent = 0 if last == "failed" else 90_00 * (number + 1)
    assert books_of(shop) == (-sent, sent, 0)
    assert shop.cases() == []


def test_arrival_told_twice_is_booked_once(shop: Shop) -> None:
    payout = recorded(shop, payout_news())

    for _ in range(2):
        record_payout_arrival(merchant_id=shop.id, payout_id=payout.id, arrived_at=NOON)

    assert books_of(shop) == (-90_00, 0, 90_00)


# --- Refused, contradicted, foreign


def test_payout_of_another_merchants_account_is_refused_and_leaves_no_trace(
    shop: Shop, psp: ScriptedPsp
) -> None:
    other = open_shop(psp, name="Coffee shop")
    before = footprint(shop), footprint(other)

    with pytest.raises(ResourceMissing):
        record_payout(merchant_id=other.id, psp_account_id=shop.account.id, news=payout_news())
    with pytest.raises(ResourceMissing):
        record_payout_arrival(merchant_id=shop.id, payout_id=new_id(), arrived_at=NOON)

    assert (footprint(shop), footprint(other)) == before


@pytest.mark.parametrize(
    ("first", "then"), [("canceled", "paid"), ("in_transit", "canceled"), ("failed", "canceled")]
)
def test_contradiction_changes_nothing_and_is_put_before_a_person(shop: Shop, first: str, then: str) -> None:
    payout = recorded(shop, payout_news(first))
    books = books_of(shop)

    for _ in range(2):
        recorded(shop, payout_news(then))

    assert (one_payout(shop).status, books_of(shop)) == (first, books)
    [(kind, about, evidence)] = shop.cases()
    assert (kind, about, evidence["psp_says"]) == ("contradiction", "payout", then)
    assert evidence["psp_reference"] == payout.psp_reference


def test_arrival_of_a_payout_that_failed_is_put_before_a_person(shop: Shop) -> None:
    payout = recorded(shop, payout_news("failed"))

    record_payout_arrival(merchant_id=shop.id, payout_id=payout.id, arrived_at=NOON)

    assert books_of(shop) == (0, 0, 0)
    assert [(kind, about) for kind, about, _ in shop.cases()] == [("contradiction", "payout")]


@pytest.mark.parametrize(
    ("told_later", "kind"), [((80_00, "usd"), "amount_differs"), ((90_00, "eur"), "currency_differs")]
)
def test_payout_told_with_another_amount_is_put_before_a_person(
    shop: Shop, told_later: tuple[int, str], kind: str
) -> None:
    recorded(shop, payout_news())

    recorded(shop, payout_news("paid", *told_later))

    assert (one_payout(shop).status, one_payout(shop).amount) == ("in_transit", Money(90_00, "usd"))
    assert [(kind, about) for kind, about, _ in shop.cases()] == [(kind, "payout")]
    assert books_of(shop) == (-90_00, 90_00, 0)


def test_payout_from_a_balance_of_another_currency_moves_nothing_and_is_put_before_a_person(
    shop: Shop,
) -> None:
    for status in ("in_transit", "paid"):
        payout = recorded(shop, payout_news(status, balance_currency="eur"))
    payout = record_payout_arrival(merchant_id=shop.id, payout_id=payout.id, arrived_at=NOON)

    assert (payout.status, payout.sent_entry_id, payout.arrival_entry_id) == ("paid", None, None)
    assert shop.balances() == {}
    assert [(kind, about) for kind, about, _ in shop.cases()] == [("currency_differs", "payout")]


# --- The PSP's webhook and the poll


def test_webhooks_of_a_payout_are_recorded_with_the_whole_object_asked_for_once(shop: Shop) -> None:
    shop.pays(100_00)
    (paid,) = shop.psp.pays_out()

    hear_of_payouts(shop)

    payout = one_payout(shop)
    assert (payout.psp_reference, payout.amount_minor, payout.status) == (paid["id"], paid["amount"], "paid")
    assert (payout.balance_currency, payout.bank_trace) == ("usd", paid["trace_id"]["value"])
    calls = PspCall.objects.for_merchant(shop.id).filter(operation="look_up")
    assert [(call.subject_kind, call.subject_id) for call in calls] == [("payout", payout.id)]
    assert_books_agree(shop)


def test_webhooks_backwards_and_twice_change_nothing_more(shop: Shop) -> None:
    shop.pays(100_00)
    shop.psp.pays_out(fails=True)
    said = told(shop, *PAYOUT_NEWS)

    for event in (*reversed(said), *said):
        tell(shop, event)
        run_due_jobs()

    assert one_payout(shop).status == PayoutStatus.FAILED
    assert shop.cases() == []
    assert_books_agree(shop)


def test_poll_learns_what_no_webhook_told_and_is_logged(shop: Shop) -> None:
    shop.pays(100_00)
    shop.pays(40_00, "eur")
    shop.psp.pays_out(arrival_seconds=86_400)

    stage_payout_polls()
    stage_payout_polls()
    run_due_jobs()

    statuses = Payout.objects.for_merchant(shop.id).values_list("status", flat=True)
    assert list(statuses) == ["in_transit", "in_transit"]
    polls = PspCall.objects.for_merchant(shop.id).filter(operation="list_payouts")
    assert [(poll.subject_kind, poll.outcome) for poll in polls] == [("psp_account", "succeeded")]
    assert_books_agree(shop)


# --- Outcome unknown, and death between


def test_poll_that_is_not_answered_records_nothing_and_the_next_one_does(shop: Shop) -> None:
    shop.pays(100_00)
    shop.psp.pays_out()
    shop.psp.fails("error_before_booking", operation="payout", times=1)

    first = poll_payouts(merchant_id=shop.id, psp_account_id=shop.account.id)
    assert (first, Payout.objects.for_merchant(shop.id).count()) == (0, 0)
    second = poll_payouts(merchant_id=shop.id, psp_account_id=shop.account.id)

    assert second == 1
    outcomes = PspCall.objects.for_merchant(shop.id).filter(operation="list_payouts").order_by("id")
    assert list(outcomes.values_list("outcome", flat=True)) == ["unknown", "succeeded"]
    assert_books_agree(shop)


def test_webhook_whose_object_can_not_be_had_is_recorded_as_signed(shop: Shop) -> None:
    shop.pays(100_00)
    shop.psp.pays_out()
    shop.psp.fails("error_before_booking", operation="payout", times=5)

    hear_of_payouts(shop)

    assert (one_payout(shop).status, one_payout(shop).balance_currency) == ("paid", "")
    assert_books_agree(shop)


def test_worker_that_died_before_it_recorded_is_followed_by_one_that_does(shop: Shop) -> None:
    shop.pays(100_00)
    shop.psp.pays_out()
    tell(shop, *told(shop, *PAYOUT_NEWS))
    # Stored and answered; the job that would handle it dies with its worker and is not run again.
    assert PspWebhook.objects.for_merchant(shop.id).filter(handled_at__isnull=True).count() == 2

    poll_payouts(merchant_id=shop.id, psp_account_id=shop.account.id)
    run_due_jobs()

    assert one_payout(shop).status == PayoutStatus.PAID
    assert shop.events().count("payout.created") == 1
    assert_books_agree(shop)


def test_payouts_of_long_ago_are_not_asked_for(shop: Shop) -> None:
    shop.pays(100_00)
    shop.psp.pays_out()

    with later(4_000 * DAY_SECONDS):
        assert poll_payouts(merchant_id=shop.id, psp_account_id=shop.account.id) == 0
