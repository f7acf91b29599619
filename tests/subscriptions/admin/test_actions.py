"""What people do with subscriptions and invoices: every action POSTs to one operation, within role and merchant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from foundation import clock
from foundation.events.models import Event
from foundation.ids import new_id
from foundation.jobs.inline import run_due_jobs
from foundation.jobs.models import Job
from foundation.money import Money
from subscriptions.models import CreditNote, Invoice, InvoiceItem, Subscription, SubscriptionSchedule
from subscriptions.operations.create_subscription import PaymentBehavior
from subscriptions.operations.renew_subscription import renew_subscription
from tests.factories.billing import Biller
from tests.factories.later import later

ClientOf = Callable[..., Client]


def address(row: Any, verb: str) -> str:
    return f"/admin/subscriptions/{row._meta.model_name}/{row.id}/{verb}/"


def form(**answers: Any) -> dict[str, Any]:
    return {"form_key": new_id(), "reason": "the customer called", **answers}


def seats(
    biller: Biller, subscription: Subscription, count: int, behavior: str = "always_invoice"
) -> dict[str, Any]:
    price = subscription.items.get().price_id
    return {"behavior": behavior, "price_1": str(price), "quantity_1": count}


# Permission matrix: action, and the roles that may do it.
SENIOR = {"senior_agent", "finance"}
FINANCE = {"finance"}
MAY: list[tuple[str, str, set[str]]] = [
    ("subscription", "settle_missed", SENIOR),
    ("subscription", "change_items", SENIOR),
    ("subscription", "retry", SENIOR),
    ("subscription", "resume", SENIOR),
    ("subscription", "resume_collection", SENIOR),
    ("subscription", "keep", SENIOR),
    ("subscription", "extend_trial", SENIOR),
    ("subscription", "coupon", SENIOR),
    ("subscription", "pause", SENIOR),
    ("subscription", "cancel", SENIOR),
    ("invoice", "finalize", SENIOR),
    ("invoice", "retry", SENIOR),
    ("invoice", "send", SENIOR),
    ("invoice", "renew_link", SENIOR),
    ("invoice", "credit", FINANCE),
    ("invoice", "note_paid", FINANCE),
    ("invoice", "void", FINANCE),
    ("invoice", "uncollectible", FINANCE),
]
ROLES = ("agent", "senior_agent", "disputes", "finance", "auditor", "admin")


@pytest.mark.parametrize("role", ROLES)
def test_each_role_opens_just_the_forms_it_may_send(role: str, biller: Biller, client_of: ClientOf) -> None:
    subscription = biller.subscribes()
    rows = {"subscription": subscription, "invoice": biller.invoices(subscription)[0]}
    client = client_of(role)
    before = biller.footprint()

    got = {(model, verb): client.get(address(rows[model], verb)).status_code for model, verb, _ in MAY}
    sent = {
        (model, verb): client.post(address(rows[model], verb), form()).status_code
        for model, verb, roles in MAY
        if role not in roles
    }

    assert got == {(model, verb): 200 if role in roles else 403 for model, verb, roles in MAY}
    assert set(sent.values()) <= {403}
    assert biller.footprint() == before


def test_more_seats_are_previewed_side_by_side_and_committed_to_the_cent(
    biller: Biller, client_of: ClientOf
) -> None:
    subscription = biller.subscribes(quantity=1)
    client = client_of("senior_agent")
    choices = seats(biller, subscription, 3)

    shown = client.get(address(subscription, "change_items"), choices)
    now, end = shown.context["columns"]
    commit = shown.context["commits"][0].initial

    assert [now.title, end.title] == ["Now", "At the end of the period"]
    assert end.totals == [("Total", "30.00 USD")]
    assert InvoiceItem.across_merchants.count() == 0

    done = client.post(address(subscription, "change_items"), form(**commit))

    assert done.status_code == 302
    assert subscription.items.get().quantity == 1
    run_due_jobs()
    biller.hears_of_payments()
    assert subscription.items.get().quantity == 3
    billed = biller.invoices(subscription)[1]
    assert now.totals[-1] == ("Total", f"{billed.total_minor / 100:.2f} USD")
    assert billed.reason == "subscription_update"


def test_a_change_to_the_year_is_previewed_with_its_period_and_made_when_it_is_paid(
    biller: Biller, client_of: ClientOf
) -> None:
    subscription = biller.subscribes()
    yearly = biller.price(9_000, interval="year")
    client = client_of("senior_agent")
    choices = {"behavior": "always_invoice", "price_1": str(yearly.id), "quantity_1": 1}

    shown = client.get(address(subscription, "change_items"), choices)
    now, end = shown.context["columns"]
    client.post(address(subscription, "change_items"), form(**shown.context["commits"][0].initial))
    waiting = biller.fresh(subscription)
    page = client.get(reverse("admin:subscriptions_subscription_change", args=[subscription.id]))
    run_due_jobs()
    biller.hears_of_payments()

    assert "A new period begins at once" in str(now.says)
    assert end.totals == [("Total", "90.00 USD")]
    assert waiting.pending_update is not None
    assert "waits for its payment" in page.content.decode()
    assert biller.fresh(subscription).interval == "year"
    assert now.totals[-1] == ("Total", f"{biller.invoices(subscription)[1].total_minor / 100:.2f} USD")


def test_the_billing_day_moves_to_now_without_a_change_of_items(biller: Biller, client_of: ClientOf) -> None:
    subscription = biller.subscribes()
    client = client_of("senior_agent")
    price = str(subscription.items.get().price_id)
    choices = {
        "behavior": "always_invoice",
        "price_1": price,
        "quantity_1": 1,
        "anchor": "now",
        "payment": "allow_incomplete",
    }

    shown = client.get(address(subscription, "change_items"), choices)
    [column] = shown.context["columns"]
    client.post(address(subscription, "change_items"), form(**shown.context["commits"][0].initial))

    assert column.title == "Now"
    assert (
        biller.fresh(subscription).anchor_at > subscription.anchor_at
        or len(biller.invoices(subscription)) == 2
    )
    assert client.get(address(subscription, "change_items"), choices | {"anchor": ""}).context["problem"]


def test_a_halted_subscription_goes_on_with_a_reason(biller: Biller, client_of: ClientOf) -> None:
    subscription = biller.subscribes()
    seconds = (subscription.cycle.boundary(2) - clock.now()).total_seconds() + 86_400

    with later(seconds):
        renew_subscription(merchant_id=biller.id, subscription_id=subscription.id)
        client = client_of("senior_agent")
        shown = client.get(address(subscription, "settle_missed"))
        token = shown.context["form"].initial["token"]
        refused = client.post(
            address(subscription, "settle_missed"), form(choice="skip", token=token, reason="")
        )
        done = client.post(address(subscription, "settle_missed"), form(choice="skip", token=token))

    assert "10.00 USD" in shown.content.decode()
    assert (refused.status_code, done.status_code) == (422, 302)
    settled = biller.fresh(subscription)
    assert (settled.halted_at, settled.next_billing_at) == (None, subscription.cycle.boundary(2))
    assert settled.history.first().history_change_reason == "the customer called"


def test_a_preview_that_is_stale_is_refused_and_previewed_anew(biller: Biller, client_of: ClientOf) -> None:
    subscription = biller.subscribes(quantity=1)
    client = client_of("senior_agent")
    commit = client.get(address(subscription, "change_items"), seats(biller, subscription, 3)).context[
        "commits"
    ]
    other = client.get(address(subscription, "change_items"), seats(biller, subscription, 2)).context[
        "commits"
    ]
    client.post(address(subscription, "change_items"), form(**other[0].initial))
    run_due_jobs()
    biller.hears_of_payments()
    before = biller.footprint()

    refused = client.post(address(subscription, "change_items"), form(**commit[0].initial))

    assert refused.status_code == 422
    assert "What was previewed has changed since" in refused.content.decode()
    assert subscription.items.get().quantity == 2
    assert biller.footprint() == before


def test_a_change_is_planned_for_the_end_of_the_period_once(biller: Biller, client_of: ClientOf) -> None:
    subscription = biller.subscribes(quantity=1)
    client = client_of("senior_agent")
    commits = client.get(address(subscription, "change_items"), seats(biller, subscription, 5)).context[
        "commits"
    ]
    answers = form(**commits[1].initial)

    first = client.post(address(subscription, "change_items"), answers)
    second = client.post(address(subscription, "change_items"), answers)

    assert (first.status_code, second.status_code) == (302, 302)
    schedule = SubscriptionSchedule.across_merchants.get()
    assert schedule.next_phase_at == subscription.current_period_end_at
    assert subscription.items.get().quantity == 1


def test_canceling_at_the_end_is_planned_and_taken_back(biller: Biller, client_of: ClientOf) -> None:
    subscription = biller.subscribes()
    client = client_of("senior_agent")

    client.post(address(subscription, "cancel"), form(when="period_end", feedback="unused"))
    planned = biller.fresh(subscription)
    client.post(address(subscription, "keep"), form())
    kept = biller.fresh(subscription)

    assert (planned.status, planned.cancel_at_period_end, planned.cancellation_feedback) == (
        "active",
        True,
        "unused",
    )
    assert (kept.cancel_at_period_end, kept.cancel_at) == (False, None)
    assert planned.history.first().history_change_reason == "the customer called"


def test_canceling_now_ends_it_and_its_actions(biller: Biller, client_of: ClientOf) -> None:
    subscription = biller.subscribes()
    client = client_of("senior_agent")

    client.post(address(subscription, "cancel"), form(when="now", feedback=""))
    again = client.post(address(subscription, "cancel"), form(when="now", feedback=""))

    assert biller.fresh(subscription).status == "canceled"
    assert again.status_code == 422
    page = client.get(reverse("admin:subscriptions_subscription_change", args=[subscription.id]))
    assert page.context["action_links"] == []
    assert "Nothing more is billed." in page.content.decode()


def test_collection_is_paused_and_resumed(biller: Biller, client_of: ClientOf) -> None:
    subscription = biller.subscribes()
    client = client_of("senior_agent")

    client.post(address(subscription, "pause"), form(behavior="void", resumes_on=""))
    paused = biller.fresh(subscription)
    client.post(address(subscription, "resume_collection"), form())

    assert (paused.pause_behavior, paused.status) == ("void", "active")
    assert biller.fresh(subscription).pause_behavior == ""


def test_a_trial_is_extended_and_the_first_charge_with_it(biller: Biller, client_of: ClientOf) -> None:
    subscription = biller.subscribes(trial_period_days=7)
    client = client_of("senior_agent")
    day = f"{subscription.trial_end_at:%Y}-12-31"

    earlier = client.post(address(subscription, "extend_trial"), form(until="2020-01-01"))
    client.post(address(subscription, "extend_trial"), form(until=day))

    assert earlier.status_code == 422
    longer = biller.fresh(subscription)
    assert longer.trial_end_at > subscription.trial_end_at
    assert longer.trial_end_at == longer.next_billing_at == longer.anchor_at == longer.current_period_end_at


def test_an_unknown_coupon_is_a_form_error_and_leaves_no_trace(biller: Biller, client_of: ClientOf) -> None:
    subscription = biller.subscribes()
    before = biller.footprint()

    answer = client_of("senior_agent").post(address(subscription, "coupon"), form(code="NOSUCH"))

    assert answer.status_code == 422
    assert "No such coupon or promotion code." in answer.content.decode()
    assert biller.footprint() == before


def test_a_declined_invoice_is_charged_again_by_hand(biller: Biller, client_of: ClientOf) -> None:
    customer = biller.customer("pm_card_chargeCustomerFail")
    subscription = biller.subscribes(customer)
    invoice = biller.invoices(subscription)[0]
    assert invoice.status == "open"

    answer = client_of("senior_agent").post(address(invoice, "retry"), form())

    assert answer.status_code == 302
    assert [payment.reason for payment in biller.payments(invoice)] == ["scheduled", "manual"]
    assert Job.objects.filter(name="payments.execute_attempt").count() == 1


def test_an_open_invoice_is_voided_and_a_paid_one_is_not(biller: Biller, client_of: ClientOf) -> None:
    unpaid = biller.subscribes(biller.customer(None), behavior=PaymentBehavior.DEFAULT_INCOMPLETE)
    paid = biller.subscribes()
    client = client_of("finance")

    client.post(address(biller.invoices(unpaid)[0], "void"), form())
    refused = client.post(address(biller.invoices(paid)[0], "void"), form())

    assert biller.invoices(unpaid)[0].status == "void"
    assert refused.status_code == 422
    assert biller.invoices(paid)[0].status == "paid"


def test_a_credit_note_gives_a_part_of_a_line_to_the_balance_once(
    biller: Biller, client_of: ClientOf
) -> None:
    invoice = biller.invoices(biller.subscribes(quantity=2))[0]
    client = client_of("finance")
    answers = {
        "form_key": new_id(),
        "line_1": "5.00",
        "way": "balance",
        "reason": "order_change",
        "note": "one seat was never used",
    }

    first = client.post(address(invoice, "credit"), answers)
    client.post(address(invoice, "credit"), answers)

    assert first.status_code == 302
    note = CreditNote.across_merchants.get()
    assert (note.id, note.total, note.balance_minor) == (answers["form_key"], Money(500, "usd"), 500)
    assert note.history.get().history_change_reason == "one seat was never used"


@pytest.mark.parametrize(
    ("amount", "words"), [("", "Write how much of which line"), ("99.00", "can still be credited")]
)
def test_a_wrong_credit_note_is_a_form_error(
    amount: str, words: str, biller: Biller, client_of: ClientOf
) -> None:
    invoice = biller.invoices(biller.subscribes())[0]
    events = Event.across_merchants.count()

    answer = client_of("finance").post(
        address(invoice, "credit"),
        {"form_key": new_id(), "line_1": amount, "way": "balance", "reason": "duplicate", "note": "x"},
    )

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not CreditNote.across_merchants.exists()
    assert Event.across_merchants.count() == events


def test_renewing_the_link_kills_the_old_address(biller: Biller, client_of: ClientOf) -> None:
    invoice = biller.invoices(biller.subscribes())[0]
    old = f"/invoices/{invoice.hosted_token}"
    stranger = Client()
    assert stranger.get(old).status_code == 200

    client_of("senior_agent").post(address(invoice, "renew_link"), form())

    fresh = Invoice.across_merchants.get(pk=invoice.pk)
    assert stranger.get(old).status_code == 404
    assert stranger.get(f"/invoices/{fresh.hosted_token}").status_code == 200
