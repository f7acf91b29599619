"""What is told of a subscription's life: a trial that ends soon, a pause, a resumption; each once."""

from __future__ import annotations

from datetime import timedelta

from foundation.events.models import Event
from foundation.jobs.inline import run_due_jobs
from subscriptions.models import Subscription
from subscriptions.operations.announce_trial_end import announce_trial_end
from subscriptions.operations.move_trial_end import move_trial_end
from subscriptions.operations.pay_invoice import pay_invoice
from subscriptions.operations.renew_subscription import renew_subscription
from subscriptions.operations.resume_subscription import resume_subscription
from subscriptions.operations.stage_due_work import stage_due_work
from tests.factories.billing import Biller
from tests.factories.later import later
from tests.subscriptions.clocks import DECLINES, Clockwork

DAY = 86_400
WILL_END = "customer.subscription.trial_will_end"
PAUSED, RESUMED = "customer.subscription.paused", "customer.subscription.resumed"


def told(biller: Biller, type_: str) -> int:
    return biller.shop.events().count(type_)


def test_a_trials_end_is_told_three_days_before_and_once(biller: Biller) -> None:
    works = Clockwork.of(biller)
    subscription = biller.subscribes(works.customer(), trial_period_days=7)

    works.passes(days=3, hours=23)
    assert told(biller, WILL_END) == 0
    works.passes(hours=1)

    [event] = Event.objects.for_merchant(biller.id).filter(type=WILL_END)
    assert event.data["id"] == subscription.public_id
    assert event.data["trial_end"] - int(works.fresh().frozen_at.timestamp()) == 3 * DAY
    announce_trial_end(merchant_id=biller.id, subscription_id=subscription.id)
    works.passes(days=2)
    assert told(biller, WILL_END) == 1


def test_beat_tells_it_and_a_new_end_is_told_again(biller: Biller) -> None:
    subscription = biller.subscribes(trial_period_days=7)
    stage_due_work()
    run_due_jobs()
    assert told(biller, WILL_END) == 0

    with later(4 * DAY + 60):
        for _ in range(2):
            stage_due_work()
            run_due_jobs()
        assert told(biller, WILL_END) == 1
        assert subscription.trial_end_at is not None
        longer = subscription.trial_end_at + timedelta(days=10)
        move_trial_end(merchant_id=biller.id, subscription_id=subscription.id, trial_end_at=longer)
        stage_due_work()
        run_due_jobs()
        assert told(biller, WILL_END) == 1
    with later(14 * DAY + 60):
        stage_due_work()
        run_due_jobs()

    assert told(biller, WILL_END) == 2


def test_a_trial_shorter_than_three_days_is_told_of_at_once(biller: Biller) -> None:
    biller.subscribes(trial_period_days=1)

    stage_due_work()
    run_due_jobs()

    assert told(biller, WILL_END) == 1


def paused(biller: Biller, works: Clockwork, token: str | None) -> Subscription:
    customer = works.customer(None)
    subscription = biller.subscribes(customer, trial_period_days=1, missing_payment_method="pause")
    works.passes(days=1)
    if token is not None:
        biller.takes_card(customer, token)
    return biller.fresh(subscription)


def test_a_pause_and_a_paid_resumption_are_told_once_each(biller: Biller) -> None:
    works = Clockwork.of(biller)
    subscription = paused(biller, works, "pm_card_visa")
    assert (subscription.status, told(biller, PAUSED)) == ("paused", 1)

    resumed = resume_subscription(merchant_id=biller.id, subscription_id=subscription.id)

    assert (resumed.status, told(biller, RESUMED)) == ("active", 1)


def test_a_resumption_is_told_when_it_is_paid_and_not_before(biller: Biller) -> None:
    works = Clockwork.of(biller)
    subscription = paused(biller, works, DECLINES)
    resume_subscription(merchant_id=biller.id, subscription_id=subscription.id)
    assert (biller.fresh(subscription).status, told(biller, RESUMED)) == ("paused", 0)
    biller.takes_card(subscription.customer, "pm_card_visa")

    pay_invoice(merchant_id=biller.id, invoice_id=biller.invoices(subscription)[-1].id)

    assert (biller.fresh(subscription).status, told(biller, RESUMED)) == ("active", 1)
    assert renew_subscription(merchant_id=biller.id, subscription_id=subscription.id) is None
