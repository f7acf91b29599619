"""Events that no webhook brought are found in the PSP's own list, taken in once, and handled like any other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from foundation import clock
from foundation.errors import ResourceMissing
from foundation.ids import new_id
from foundation.jobs.inline import run_due_jobs
from foundation.jobs.models import Job
from payments.models import AttemptStatus, PspAccount, PspEventCursor, PspWebhook
from payments.operations.poll_psp_events import poll_psp_events
from payments.operations.stage_event_polls import stage_event_polls
from payments.psp.sandbox.sandbox import Sandbox
from tests.factories.books import assert_books_agree
from tests.factories.later import later
from tests.factories.psp_news import tell, told
from tests.factories.scripted_psp import running_sandbox
from tests.factories.shop import Shop

FRESH_SECONDS = 65


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """One whose clock nobody has moved: what is asked for here is asked for by time."""
    with running_sandbox() as own:
        yield own


def poll(shop: Shop, *, seconds: float = FRESH_SECONDS, **sizes: int) -> Any:
    with later(seconds):
        return poll_psp_events(merchant_id=shop.id, psp_account_id=shop.account.id, **sizes)


def inbox(shop: Shop) -> list[str]:
    return sorted(PspWebhook.objects.for_merchant(shop.id).values_list("event_type", flat=True))


def cursor(shop: Shop) -> PspEventCursor:
    return PspEventCursor.objects.for_merchant(shop.id).get()


def test_lost_webhooks_are_found_and_carry_the_payment_on(quick_shop: Shop) -> None:
    quick_shop.method()
    quick_shop.psp.fails("timeout_after_booking", seconds=2)
    intent = quick_shop.pays(10_00)
    assert quick_shop.attempt(intent).status == AttemptStatus.UNKNOWN

    assert poll(quick_shop) == "3 lost"

    assert inbox(quick_shop) == ["charge.succeeded", "payment_intent.created", "payment_intent.succeeded"]
    with later(FRESH_SECONDS):
        run_due_jobs()
    assert quick_shop.attempt(intent).status == AttemptStatus.SUCCEEDED
    assert quick_shop.psp.charges() == 1
    assert_books_agree(quick_shop)


def test_what_a_webhook_brought_is_not_taken_in_twice(shop: Shop) -> None:
    shop.pays(10_00)
    tell(shop, *told(shop, "payment_intent.created", "payment_intent.succeeded", "charge.succeeded"))
    stored = PspWebhook.objects.for_merchant(shop.id).count()

    assert poll(shop) == "0 lost"

    assert PspWebhook.objects.for_merchant(shop.id).count() == stored


def test_a_second_poll_finds_nothing_more(shop: Shop) -> None:
    shop.pays(10_00)
    first = poll(shop)
    before = shop.footprint()

    assert poll(shop, seconds=2 * FRESH_SECONDS) == "0 lost"

    assert first == "3 lost"
    assert cursor(shop).found_lost == 3
    assert shop.footprint() == before


def test_events_that_may_still_be_on_their_way_are_left_alone(shop: Shop) -> None:
    shop.pays(10_00)

    assert poll(shop, seconds=0) == "nothing new yet"

    assert inbox(shop) == []


def test_a_list_that_can_not_be_read_leaves_the_cursor_where_it_was(shop: Shop) -> None:
    shop.pays(10_00)
    shop.psp.fails("error_before_booking", operation="list_events")

    assert poll(shop) == "not read"

    begun = cursor(shop).read_until
    assert begun == shop.account.created_at
    assert poll(shop) == "3 lost"
    assert cursor(shop).read_until > begun


def test_after_a_long_silence_the_poll_goes_on_hour_by_hour(shop: Shop) -> None:
    shop.pays(10_00)
    rounds = 0

    with later(3 * 3_600 + 120):
        while not isinstance(answer := poll(shop, seconds=0), str):
            assert answer.after_seconds == 0
            rounds += 1

    assert rounds == 3
    assert len(inbox(shop)) == 3


def test_a_window_with_more_events_than_one_poll_reads_is_cut_without_a_hole(shop: Shop) -> None:
    # Four events to a poll, while each payment makes three.
    for minutes in (0, 10, 20):
        with later(minutes * 60):
            shop.pays(10_00)
    rounds = 0

    with later(3_600 + 120):
        while not isinstance(poll(shop, seconds=0, page=2, most_pages=2), str):
            rounds += 1

    assert len(inbox(shop)) == 9
    assert 5 < rounds < 40


def test_what_is_fetched_keeps_what_the_psp_wrote_and_says_where_it_is_from(shop: Shop) -> None:
    shop.pays(10_00)
    poll(shop)

    kept = PspWebhook.objects.for_merchant(shop.id).filter(event_type="payment_intent.succeeded").get()
    assert json.loads(kept.body)["id"] == kept.event_id
    assert kept.headers == {"Fetched-From": "event list"}


def test_every_active_account_is_polled_once_a_minute(shop: Shop) -> None:
    other = PspAccount.objects.for_merchant(shop.id).get(pk=shop.account.pk)

    assert stage_event_polls() == stage_event_polls() == 1
    assert Job.objects.filter(name="payments.poll_psp_account").count() == 1
    other.is_active = False
    other.save(update_fields=["is_active"])
    assert stage_event_polls() == 0
    assert poll(shop) == "not polled"


def test_an_account_that_is_not_the_merchants_is_not_polled(shop: Shop) -> None:
    with pytest.raises(ResourceMissing):
        poll_psp_events(merchant_id=shop.id, psp_account_id=new_id())

    assert not PspEventCursor.objects.for_merchant(shop.id).exists()
    assert clock.now() - shop.account.created_at < timedelta(minutes=5)
