"""Schedules: a subscription planned before it exists, changes at the period's end, phases of another interval."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from foundation import clock
from foundation.ids import new_id
from foundation.jobs.inline import run_due_jobs
from subscriptions.errors import DaysUntilDueMissing, SchedulePhasesInvalid, ScheduleUnexpectedState
from subscriptions.models import Price, Subscription, SubscriptionSchedule
from subscriptions.operations.begin_schedule import begin_schedule
from subscriptions.operations.cancel_schedule import cancel_schedule
from subscriptions.operations.change_items import change_items
from subscriptions.operations.create_price import create_price
from subscriptions.operations.create_schedule import create_schedule
from subscriptions.operations.release_schedule import release_schedule
from subscriptions.operations.schedule_subscription import schedule_subscription
from subscriptions.operations.stage_due_work import stage_due_work
from subscriptions.operations.update_schedule import update_schedule
from subscriptions.periods import Interval
from subscriptions.queries.subscriptions import list_items, list_phases
from subscriptions.steps.item_changes import ItemChange
from subscriptions.steps.new_schedule import ScheduleSettings
from subscriptions.steps.plan_phases import NewPhase, PhaseItem, phase_items_after
from tests.factories.billing import Biller
from tests.factories.books import assert_books_agree
from tests.factories.later import later
from tests.subscriptions.clocks import Clockwork

MONTH, YEAR = (Interval.MONTH, 1), (Interval.YEAR, 1)


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def other_price(biller: Biller, than: Price, amount: int, interval: str = "month") -> Price:
    return create_price(
        merchant_id=biller.id,
        price_id=new_id(),
        product_id=than.product_id,
        currency="usd",
        unit_amount=Decimal(amount),
        interval=interval,
    )


def plans(biller: Biller, works: Clockwork, *phases: NewPhase, **asked: Any) -> SubscriptionSchedule:
    if "customer_id" not in asked:
        asked["customer_id"] = works.customer().id
    return schedule_subscription(merchant_id=biller.id, schedule_id=new_id(), phases=phases, **asked)


def begun(biller: Biller, schedule: SubscriptionSchedule) -> Subscription:
    fresh = SubscriptionSchedule.objects.for_merchant(biller.id).get(pk=schedule.pk)
    assert fresh.subscription is not None
    return biller.fresh(fresh.subscription)


def status(biller: Biller, schedule: SubscriptionSchedule) -> str:
    return str(SubscriptionSchedule.objects.for_merchant(biller.id).get(pk=schedule.pk).status)


def test_a_schedule_that_starts_later_begins_its_subscription_then(biller: Biller) -> None:
    works = Clockwork.of(biller, day("2026-01-01"))
    first, second = biller.price(1_000), biller.price(1_500)

    schedule = plans(
        biller,
        works,
        NewPhase((PhaseItem(first.id, 2),), lasts=(Interval.MONTH, 3)),
        NewPhase((PhaseItem(second.id),)),
        starts_at=day("2026-01-31"),
    )

    assert (schedule.status, schedule.subscription_id) == ("not_started", None)
    works.goes_to(day("2026-01-30"))
    assert status(biller, schedule) == "not_started"
    works.goes_to(day("2026-05-01"))
    subscription = begun(biller, schedule)
    assert (subscription.started_at, subscription.anchor_at) == (day("2026-01-31"),) * 2
    shown = [(f"{one.period_start_at:%m-%d}", one.total_minor) for one in biller.invoices(subscription)]
    # The second phase keeps the two seats, and its month begins where the third of the first ends.
    assert shown == [("01-31", 2_000), ("02-28", 2_000), ("03-31", 2_000), ("04-30", 3_000)]
    assert status(biller, schedule) == "released"
    assert_books_agree(biller.shop)


def test_a_schedule_in_the_past_backdates_its_subscription_and_begins_at_once(biller: Biller) -> None:
    works = Clockwork.of(biller, day("2026-04-15"))

    schedule = plans(
        biller, works, NewPhase((PhaseItem(biller.price(1_000).id),)), starts_at=day("2026-01-31")
    )

    subscription = begun(biller, schedule)
    [invoice] = biller.invoices(subscription)
    lines = [(f"{line.period_start_at:%m-%d}", line.amount_minor) for line in biller.lines(invoice)]
    assert lines == [("01-31", 1_000), ("02-28", 1_000), ("03-31", 1_000)]
    assert (invoice.status, subscription.status) == ("paid", "active")
    assert subscription.next_billing_at == day("2026-04-30")


def test_a_schedule_that_cancels_ends_the_subscription_with_its_last_phase(biller: Biller) -> None:
    works = Clockwork.of(biller, day("2026-01-01"))
    schedule = plans(
        biller,
        works,
        NewPhase((PhaseItem(biller.price(1_000).id),), lasts=(Interval.MONTH, 2)),
        end_behavior="cancel",
    )

    works.goes_to(day("2026-03-02"))

    subscription = begun(biller, schedule)
    assert (subscription.status, subscription.ended_at) == ("canceled", day("2026-03-01"))
    assert len(biller.invoices(subscription)) == 2


def test_a_schedule_that_releases_is_open_until_its_last_phase_ends(biller: Biller) -> None:
    works = Clockwork.of(biller, day("2026-01-01"))
    schedule = plans(biller, works, NewPhase((PhaseItem(biller.price(1_000).id),), lasts=(Interval.MONTH, 2)))

    works.goes_to(day("2026-02-15"))
    assert status(biller, schedule) == "active"
    works.goes_to(day("2026-03-02"))

    assert status(biller, schedule) == "released"
    assert len(biller.invoices(begun(biller, schedule))) == 3


def test_beat_begins_what_is_due_and_a_doubled_job_begins_it_once(biller: Biller) -> None:
    customer = biller.customer()
    schedule = schedule_subscription(
        merchant_id=biller.id,
        schedule_id=new_id(),
        customer_id=customer.id,
        phases=[NewPhase((PhaseItem(biller.price(1_000).id),))],
        starts_at=clock.now().replace(microsecond=0).replace(year=clock.now().year + 1),
    )

    with later(366 * 86_400 + 5):
        stage_due_work()
        run_due_jobs()
        begin_schedule(merchant_id=biller.id, schedule_id=schedule.id)
        stage_due_work()
        run_due_jobs()

    assert Subscription.objects.for_merchant(biller.id).count() == 1
    assert len(biller.invoices(begun(biller, schedule))) == 1


def test_one_that_died_between_its_parts_goes_on_under_the_same_id(biller: Biller) -> None:
    from subscriptions.operations.begin_schedule import _draw_id, _terms
    from subscriptions.operations.open_subscription import NewItem, open_subscription

    works = Clockwork.of(biller, day("2026-01-01"))
    price = biller.price(1_000)
    schedule = plans(biller, works, NewPhase((PhaseItem(price.id),)), starts_at=day("2026-02-01"))
    SubscriptionSchedule.objects.for_merchant(biller.id).update(next_phase_at=day("2026-01-01"))
    drawn = _draw_id(merchant_id=biller.id, schedule_id=schedule.id)
    assert drawn is not None and drawn.begins_id is not None
    phase = list_phases(drawn)[0]
    phase.starts_at = day("2026-01-01")
    open_subscription(
        merchant_id=biller.id,
        subscription_id=drawn.begins_id,
        customer_id=drawn.customer_id,
        items=[NewItem(price.id)],
        terms=_terms(drawn, phase),
    )

    begin_schedule(merchant_id=biller.id, schedule_id=schedule.id, in_background=False)

    assert begun(biller, schedule).id == drawn.begins_id
    assert begun(biller, schedule).status == "active"
    assert biller.shop.psp.charges() == 1


def test_what_has_not_begun_is_planned_anew_released_or_canceled(biller: Biller) -> None:
    works = Clockwork.of(biller, day("2026-01-01"))
    phase = NewPhase((PhaseItem(biller.price(1_000).id),))
    moved, gone, left = (plans(biller, works, phase, starts_at=day("2026-02-01")) for _ in range(3))

    update_schedule(
        merchant_id=biller.id,
        schedule_id=moved.id,
        phases=[NewPhase(phase.items, starts_at=day("2026-03-01"))],
    )
    cancel_schedule(merchant_id=biller.id, schedule_id=gone.id)
    release_schedule(merchant_id=biller.id, schedule_id=left.id)
    works.goes_to(day("2026-02-15"))

    assert not Subscription.objects.for_merchant(biller.id).exists()
    with pytest.raises(ScheduleUnexpectedState):
        cancel_schedule(merchant_id=biller.id, schedule_id=gone.id)
    works.goes_to(day("2026-03-15"))
    assert begun(biller, moved).started_at == day("2026-03-01")


def test_phases_that_do_not_follow_each_other_are_refused_and_leave_no_trace(biller: Biller) -> None:
    works = Clockwork.of(biller, day("2026-01-01"))
    customer = works.customer()
    items = (PhaseItem(biller.price(1_000).id),)
    euros = (PhaseItem(biller.price(1_000, "eur").id),)
    before = biller.footprint()

    for phases in (
        [],
        [NewPhase(items), NewPhase(items)],
        [NewPhase(items, ends_at=day("2025-12-01"))],
        [NewPhase(items, lasts=MONTH), NewPhase(euros)],
    ):
        with pytest.raises(SchedulePhasesInvalid):
            plans(biller, works, *phases, customer_id=customer.id)
    with pytest.raises(DaysUntilDueMissing):
        plans(
            biller,
            works,
            NewPhase(items),
            customer_id=customer.id,
            settings=ScheduleSettings(days_until_due=30),
        )

    assert biller.footprint() == before
    assert not SubscriptionSchedule.objects.for_merchant(biller.id).exists()


def test_a_downgrade_at_the_end_from_the_year_to_the_month_keeps_the_day(biller: Biller) -> None:
    works = Clockwork.of(biller, day("2024-01-31"))
    price = biller.price(100_000, interval="year")
    subscription = biller.subscribes(works.customer(), prices=[price], quantity=3)
    [item] = list_items(subscription)
    monthly = other_price(biller, price, 10_000)
    create_schedule(
        merchant_id=biller.id,
        schedule_id=new_id(),
        subscription_id=subscription.id,
        phases=[
            NewPhase(
                phase_items_after([item], [ItemChange(item.id, price_id=monthly.id)]),
                proration_behavior="none",
            )
        ],
    )
    change_items(
        merchant_id=biller.id,
        subscription_id=subscription.id,
        changes=[ItemChange(item.id, quantity=5)],
        proration_behavior="none",
    )

    works.goes_to(day("2025-01-30"))
    assert len(biller.invoices(subscription)) == 1
    works.goes_to(day("2025-04-01"))

    shown = [(f"{one.period_start_at:%m-%d}", one.total_minor) for one in biller.invoices(subscription)[1:]]
    assert shown == [("01-31", 50_000), ("02-28", 50_000), ("03-31", 50_000)]
    assert biller.fresh(subscription).interval == "month"


def test_from_the_month_to_the_year_at_the_end_the_day_survives_a_short_month(biller: Biller) -> None:
    works = Clockwork.of(biller, day("2026-01-31"))
    price = biller.price(1_000)
    subscription = biller.subscribes(works.customer(), prices=[price])
    works.goes_to(day("2026-02-01"))
    create_schedule(
        merchant_id=biller.id,
        schedule_id=new_id(),
        subscription_id=subscription.id,
        phases=[NewPhase((PhaseItem(other_price(biller, price, 9_000, "year").id),))],
    )

    works.goes_to(day("2026-03-01"))

    changed = biller.fresh(subscription)
    assert (changed.anchor_at, changed.anchor_day) == (day("2026-02-28"), 31)
    assert changed.next_billing_at == day("2027-02-28")
    assert [one.total_minor for one in biller.invoices(subscription)] == [1_000, 9_000]


def test_a_phase_in_mid_period_of_another_interval_begins_a_period(biller: Biller) -> None:
    works = Clockwork.of(biller, day("2026-01-01"))
    price = biller.price(3_100)
    subscription = biller.subscribes(works.customer(), prices=[price])
    create_schedule(
        merchant_id=biller.id,
        schedule_id=new_id(),
        subscription_id=subscription.id,
        phases=[
            NewPhase((PhaseItem(other_price(biller, price, 30_000, "year").id),), starts_at=day("2026-01-11"))
        ],
    )

    works.goes_to(day("2026-01-12"))

    [_, invoice] = biller.invoices(subscription)
    assert [line.amount_minor for line in biller.lines(invoice)] == [-2_100, 30_000]
    assert biller.fresh(subscription).next_billing_at == day("2027-01-11")
    assert_books_agree(biller.shop)
