"""What dunning tells: an event per step with the policy's words, and the customer as delinquent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from foundation import clock
from foundation.events.models import Event
from foundation.ids import new_id
from payments.models import Customer
from subscriptions.errors import DunningPolicyInvalid
from subscriptions.models import DunningRun, Invoice, Subscription
from subscriptions.operations.create_dunning_policy import create_dunning_policy
from subscriptions.operations.finalize_invoice import finalize_invoice
from subscriptions.operations.pay_invoice import pay_invoice
from subscriptions.operations.renew_subscription import renew_subscription
from subscriptions.operations.void_invoice import void_invoice
from tests.factories.billing import Biller
from tests.factories.later import later
from tests.subscriptions.clocks import DECLINES, Clockwork

FEBRUARY = datetime(2026, 2, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
NEEDS_CUSTOMER = "pm_card_authenticationRequired"


@pytest.fixture
def works(biller: Biller) -> Clockwork:
    return Clockwork.of(biller)


def failing(works: Clockwork, token: str = DECLINES) -> tuple[Subscription, Invoice]:
    biller = works.biller
    customer = works.customer()
    subscription = biller.subscribes(customer)
    biller.takes_card(customer, token)
    works.goes_to(FEBRUARY + HOUR)
    return biller.fresh(subscription), biller.invoices(subscription)[-1]


def steps(biller: Biller) -> list[dict[str, Any]]:
    rows = Event.objects.for_merchant(biller.id).filter(type="invoice.dunning_step").order_by("position")
    return [row.data for row in rows]


def is_delinquent(biller: Biller, customer_id: object) -> bool:
    return Customer.objects.for_merchant(biller.id).get(pk=customer_id).is_delinquent


def test_each_step_of_the_schedule_tells_with_the_words_of_the_policy(
    works: Clockwork, biller: Biller
) -> None:
    works.policy(
        offsets_days=[0, 2, 4],
        messages={"1": "We could not charge {amount} of {number}.", "final": "It is over."},
    )
    _, invoice = failing(works)

    works.passes(days=5)

    told = steps(biller)
    assert [(one["step"], one["message"], one["is_final"]) for one in told] == [
        (1, f"We could not charge 10.00 USD of {invoice.number}.", False),
        (2, None, False),
        (3, "It is over.", True),
    ]
    assert [one["steps"] for one in told] == [3, 3, 3]
    assert told[0]["hosted_invoice_url"].endswith(invoice.hosted_token)
    assert told[0]["next_payment_attempt"] == int((FEBRUARY + HOUR + timedelta(days=2)).timestamp())
    assert told[-1]["next_payment_attempt"] is None


def test_a_try_of_a_person_is_no_step(works: Clockwork, biller: Biller) -> None:
    _, invoice = failing(works)

    pay_invoice(merchant_id=biller.id, invoice_id=invoice.id)

    assert len(steps(biller)) == 1


def test_a_tick_without_a_charge_tells_that_a_new_method_is_needed(works: Clockwork, biller: Biller) -> None:
    works.policy(offsets_days=[0, 2, 4])
    failing(works, NEEDS_CUSTOMER)

    works.passes(days=3)

    assert [(one["outcome"], one["needs_new_method"]) for one in steps(biller)] == [
        ("hard_decline", True),
        ("skipped", True),
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("messages", {"13": "words"}),
        ("messages", {"soon": "words"}),
        ("messages", {"1": ""}),
        ("thresholds", {"xyz": 100}),
        ("thresholds", {"usd": -1}),
    ],
)
def test_terms_that_nobody_could_carry_out_are_refused(biller: Biller, name: str, value: object) -> None:
    with pytest.raises(DunningPolicyInvalid):
        create_dunning_policy(
            merchant_id=biller.id,
            dunning_policy_id=new_id(),
            name="Strict",
            offsets_days=[0],
            end_action="cancel",  # type: ignore[arg-type]
            **{name: value},
        )


def test_who_could_not_be_charged_is_delinquent_until_it_is_paid(works: Clockwork, biller: Biller) -> None:
    subscription, invoice = failing(works)
    assert is_delinquent(biller, subscription.customer_id)

    biller.takes_card(subscription.customer, "pm_card_visa")
    pay_invoice(merchant_id=biller.id, invoice_id=invoice.id)

    assert not is_delinquent(biller, subscription.customer_id)
    told = Event.objects.for_merchant(biller.id).filter(type="customer.updated").order_by("position")
    flags = [row.data["delinquent"] for row in told]
    assert (True in flags, flags[-1]) == (True, False)


def test_a_voided_invoice_makes_nobody_delinquent(works: Clockwork, biller: Biller) -> None:
    subscription, invoice = failing(works)

    void_invoice(merchant_id=biller.id, invoice_id=invoice.id)

    assert not is_delinquent(biller, subscription.customer_id)


def test_who_owes_another_invoice_stays_delinquent(works: Clockwork, biller: Biller) -> None:
    works.policy(end_action="past_due", offsets_days=[0, 40])
    subscription, first = failing(works)
    works.passes(days=29)
    assert len(biller.invoices(subscription)) == 3

    void_invoice(merchant_id=biller.id, invoice_id=first.id)

    assert is_delinquent(biller, subscription.customer_id)


def test_a_persons_try_before_the_first_of_the_schedule_begins_the_schedule(biller: Biller) -> None:
    customer = biller.customer()
    subscription = biller.subscribes(customer)
    due = (subscription.current_period_end_at - clock.now()).total_seconds() + 1
    biller.takes_card(customer, DECLINES)
    with later(due):
        draft = renew_subscription(merchant_id=biller.id, subscription_id=subscription.id)
        assert draft is not None
        finalize_invoice(merchant_id=biller.id, invoice_id=draft.id)
        pay_invoice(merchant_id=biller.id, invoice_id=draft.id)

    run = DunningRun.objects.for_merchant(biller.id).get(invoice=draft)

    assert (run.status, run.tries_used, run.next_try_at) == ("running", 0, run.began_at)
