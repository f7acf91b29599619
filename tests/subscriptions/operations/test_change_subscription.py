"""A change whose payment decides: made when it is paid, dropped when it is not, and nothing in between."""

from __future__ import annotations

from typing import Any

import pytest

from foundation.ids import new_id
from subscriptions.errors import (
    PreviewStale,
    SubscriptionChangePaymentFailed,
    SubscriptionUnexpectedState,
)
from subscriptions.models import InvoiceItem, InvoiceLine, Subscription
from subscriptions.operations.cancel_subscription import cancel_subscription
from subscriptions.operations.change_items import change_items
from subscriptions.operations.change_subscription import UpdatePayment, change_subscription
from subscriptions.operations.expire_pending_update import expire_pending_update
from subscriptions.operations.open_pending_update import open_pending_update
from subscriptions.operations.pay_invoice import pay_invoice
from subscriptions.operations.preview_item_change import preview_item_change
from subscriptions.operations.void_invoice import void_invoice
from subscriptions.queries.subscriptions import list_items
from subscriptions.steps.item_changes import ItemChange
from tests.factories.billing import Biller
from tests.factories.books import assert_books_agree
from tests.subscriptions.clocks import DECLINES, Clockwork

PENDING, ERROR = UpdatePayment.PENDING_IF_INCOMPLETE, UpdatePayment.ERROR_IF_INCOMPLETE
APPLIED, EXPIRED = (f"customer.subscription.pending_update_{word}" for word in ("applied", "expired"))


def halfway(biller: Biller, *, amount: int = 3_100, quantity: int | None = None) -> tuple[Clockwork, Any]:
    """15.5 days into a month of 31 that is paid, on a clock."""
    works = Clockwork.of(biller)
    subscription = biller.subscribes(works.customer(), prices=[biller.price(amount)], quantity=quantity)
    works.passes(days=15, hours=12)
    return works, subscription


def upgrade(biller: Biller, subscription: Subscription, amount: int = 6_200, **asked: Any) -> Subscription:
    [item] = list_items(subscription)
    wanted = {"payment_behavior": PENDING, "proration_behavior": "always_invoice", "change_id": new_id()}
    return change_subscription(
        merchant_id=biller.id,
        subscription_id=subscription.id,
        changes=[ItemChange(item.id, price_id=biller.price(amount).id)],
        **wanted | asked,
    )


def declines(biller: Biller, subscription: Subscription) -> None:
    biller.takes_card(subscription.customer, DECLINES)


def amount_of(subscription: Subscription) -> int:
    [item] = list_items(subscription)
    assert item.price.unit_amount is not None
    return int(item.price.unit_amount)


def cuts(biller: Biller) -> int:
    return InvoiceLine.objects.for_merchant(biller.id).filter(cut_at__isnull=False).count()


def test_an_upgrade_that_is_paid_at_once_is_made_at_once(biller: Biller) -> None:
    _, subscription = halfway(biller)

    changed = upgrade(biller, subscription)

    [first, second] = biller.invoices(subscription)
    assert (changed.pending_update, amount_of(changed), changed.latest_invoice_id) == (None, 6_200, second.id)
    assert [line.amount_minor for line in biller.lines(second)] == [-1_550, 3_100]
    assert biller.lines(second)[0].reverses_id == biller.lines(first)[0].id
    assert (second.status, second.total_minor) == ("paid", 1_550)
    [debit] = biller.lines(first)
    assert (debit.credited_minor, debit.cut_at) == (1_550, biller.lines(second)[0].period_start_at)
    assert biller.shop.events().count(APPLIED) == 1
    assert_books_agree(biller.shop)


def test_an_upgrade_that_is_declined_waits_and_changes_nothing(biller: Biller) -> None:
    works, subscription = halfway(biller)
    declines(biller, subscription)

    waiting = upgrade(biller, subscription)

    [_, invoice] = biller.invoices(subscription)
    assert (waiting.status, amount_of(waiting), cuts(biller)) == ("active", 3_100, 0)
    assert (invoice.status, invoice.attempt_count, invoice.next_payment_attempt_at) == ("open", 1, None)
    assert waiting.pending_update is not None
    shown = waiting.pending_update["shape"]["subscription_items"]
    assert [(one["id"], one["price"]["unit_amount"]) for one in shown] == [
        (list_items(subscription)[0].public_id, 6_200)
    ]
    expires = waiting.pending_update_expires_at
    assert expires is not None
    assert (expires - works.fresh().frozen_at).total_seconds() == 23 * 3_600


def test_a_waiting_upgrade_is_made_when_its_invoice_is_paid(biller: Biller) -> None:
    works, subscription = halfway(biller, quantity=4)
    declines(biller, subscription)
    upgrade(biller, subscription)
    [_, invoice] = biller.invoices(subscription)
    works.passes(hours=20)
    biller.takes_card(subscription.customer, "pm_card_visa")

    pay_invoice(merchant_id=biller.id, invoice_id=invoice.id)

    changed = biller.fresh(subscription)
    [item] = list_items(changed)
    assert (changed.pending_update, amount_of(changed), item.quantity) == (None, 6_200, 4)
    assert biller.shop.events().count(APPLIED) == 1
    assert not InvoiceItem.objects.for_merchant(biller.id).exists()
    works.passes(days=20)
    assert biller.invoices(subscription)[-1].total_minor == 4 * 6_200
    assert_books_agree(biller.shop)


def test_a_waiting_upgrade_expires_after_23_hours_and_its_invoice_is_void(biller: Biller) -> None:
    works, subscription = halfway(biller)
    declines(biller, subscription)
    upgrade(biller, subscription)
    first = biller.invoices(subscription)[0]

    works.passes(hours=22, minutes=59)
    assert biller.fresh(subscription).pending_update is not None
    works.passes(minutes=1)

    kept = biller.fresh(subscription)
    assert (kept.status, kept.pending_update, kept.pending_update_expires_at) == ("active", None, None)
    assert (amount_of(kept), cuts(biller), kept.latest_invoice_id) == (3_100, 0, first.id)
    assert [one.status for one in biller.invoices(subscription)] == ["paid", "void"]
    assert biller.shop.events().count(EXPIRED) == 1
    assert biller.shop.ledger("assets/receivables") == 0
    biller.takes_card(subscription.customer, "pm_card_visa")
    works.passes(days=20)
    assert biller.invoices(subscription)[-1].total_minor == 3_100


def test_a_waiting_upgrade_ends_with_its_period(biller: Biller) -> None:
    works, subscription = halfway(biller)
    works.passes(days=15)
    declines(biller, subscription)

    waiting = upgrade(biller, subscription)

    assert waiting.pending_update_expires_at == subscription.current_period_end_at
    works.passes(hours=13)
    renewed = biller.fresh(subscription)
    assert (renewed.pending_update, amount_of(renewed)) == (None, 3_100)
    assert [one.total_minor for one in biller.invoices(subscription)][-1] == 3_100


def test_error_if_incomplete_refuses_and_leaves_the_subscription_as_it_was(biller: Biller) -> None:
    _, subscription = halfway(biller)
    declines(biller, subscription)

    with pytest.raises(SubscriptionChangePaymentFailed) as refused:
        upgrade(biller, subscription, payment_behavior=ERROR)

    kept = biller.fresh(subscription)
    assert refused.value.details["decline_code"]
    assert (kept.status, kept.pending_update, amount_of(kept), cuts(biller)) == ("active", None, 3_100, 0)
    assert [one.status for one in biller.invoices(subscription)] == ["paid", "void"]
    assert biller.shop.ledger("assets/receivables") == 0


def test_allow_incomplete_makes_the_change_and_a_decline_is_past_due(biller: Biller) -> None:
    from foundation.jobs.inline import run_due_jobs

    _, subscription = halfway(biller)
    declines(biller, subscription)

    upgrade(biller, subscription, payment_behavior=UpdatePayment.ALLOW_INCOMPLETE)
    run_due_jobs()
    biller.hears_of_payments()

    changed = biller.fresh(subscription)
    assert (changed.status, amount_of(changed), changed.pending_update) == ("past_due", 6_200, None)


def test_default_incomplete_leaves_the_payment_to_the_customers_client(biller: Biller) -> None:
    from foundation.jobs.inline import run_due_jobs

    _, subscription = halfway(biller)

    changed = upgrade(biller, subscription, payment_behavior=UpdatePayment.DEFAULT_INCOMPLETE)
    run_due_jobs()

    [_, invoice] = biller.invoices(subscription)
    [payment] = biller.payments(invoice)
    assert (amount_of(changed), invoice.status, payment.status) == (6_200, "open", "open")
    assert biller.shop.psp.charges() == 1


def test_an_unknown_outcome_keeps_the_change_waiting_past_its_time(biller: Biller) -> None:
    works, subscription = halfway(biller)
    biller.shop.psp.fails("error_after_booking")

    waiting = upgrade(biller, subscription)

    assert (waiting.status, amount_of(waiting)) == ("active", 3_100)
    assert waiting.pending_update is not None
    with pytest.raises(Exception, match="no known outcome"):
        expire_pending_update(merchant_id=biller.id, subscription_id=subscription.id, at_once=True)
    assert biller.invoices(subscription)[1].status == "open"
    assert works.fresh().status == "ready"


def test_the_same_change_twice_is_one_invoice_and_one_charge(biller: Biller) -> None:
    _, subscription = halfway(biller)
    [item] = list_items(subscription)
    asked: dict[str, Any] = {
        "merchant_id": biller.id,
        "subscription_id": subscription.id,
        "change_id": new_id(),
        "changes": [ItemChange(item.id, price_id=biller.price(6_200).id)],
        "proration_behavior": "always_invoice",
        "payment_behavior": PENDING,
    }

    change_subscription(**asked)
    change_subscription(**asked)

    assert len(biller.invoices(subscription)) == 2
    assert biller.shop.psp.charges() == 2


def test_one_that_died_before_its_charge_goes_on_under_its_id(biller: Biller) -> None:
    _, subscription = halfway(biller)
    [item] = list_items(subscription)
    asked: dict[str, Any] = {
        "merchant_id": biller.id,
        "subscription_id": subscription.id,
        "changes": [ItemChange(item.id, price_id=biller.price(6_200).id)],
        "proration_behavior": "always_invoice",
    }
    change_id = new_id()
    open_pending_update(**asked, invoice_id=change_id)
    assert biller.shop.psp.charges() == 1

    changed = change_subscription(**asked, change_id=change_id, payment_behavior=PENDING)

    assert (amount_of(changed), changed.pending_update) == (6_200, None)
    assert (len(biller.invoices(subscription)), biller.shop.psp.charges()) == (2, 2)


def test_a_second_change_takes_the_place_of_the_one_that_waits(biller: Biller) -> None:
    _, subscription = halfway(biller)
    declines(biller, subscription)
    upgrade(biller, subscription, 9_300)
    biller.takes_card(subscription.customer, "pm_card_visa")

    changed = upgrade(biller, subscription, 6_200)

    assert (amount_of(changed), changed.pending_update) == (6_200, None)
    assert [one.status for one in biller.invoices(subscription)] == ["paid", "void", "paid"]
    assert biller.shop.events().count(EXPIRED) == 1


def test_nothing_else_changes_the_items_while_a_change_waits(biller: Biller) -> None:
    _, subscription = halfway(biller)
    declines(biller, subscription)
    upgrade(biller, subscription)
    [item] = list_items(subscription)
    before = biller.footprint()

    with pytest.raises(SubscriptionUnexpectedState):
        change_items(
            merchant_id=biller.id,
            subscription_id=subscription.id,
            changes=[ItemChange(item.id, quantity=3)],
        )

    assert biller.footprint() == before


def test_canceling_or_voiding_drops_what_waits(biller: Biller) -> None:
    _, voided = halfway(biller)
    _, canceled = halfway(biller)
    for subscription in (voided, canceled):
        declines(biller, subscription)
        upgrade(biller, subscription)

    void_invoice(merchant_id=biller.id, invoice_id=biller.invoices(voided)[1].id)
    cancel_subscription(merchant_id=biller.id, subscription_id=canceled.id)

    assert (biller.fresh(voided).status, biller.fresh(voided).pending_update) == ("active", None)
    assert (biller.fresh(canceled).status, biller.fresh(canceled).pending_update) == ("canceled", None)
    assert [one.status for one in biller.invoices(canceled)] == ["paid", "void"]
    assert biller.shop.ledger("assets/receivables") == 0


def test_a_new_item_comes_when_it_is_paid_and_not_before(biller: Biller) -> None:
    _, subscription = halfway(biller)
    declines(biller, subscription)
    extra = biller.price(620)

    change_subscription(
        merchant_id=biller.id,
        subscription_id=subscription.id,
        change_id=new_id(),
        changes=[ItemChange(price_id=extra.id, quantity=2)],
        proration_behavior="always_invoice",
        payment_behavior=PENDING,
    )
    [_, invoice] = biller.invoices(subscription)
    assert len(list_items(subscription)) == 1
    biller.takes_card(subscription.customer, "pm_card_visa")
    pay_invoice(merchant_id=biller.id, invoice_id=invoice.id)

    [_, item] = list_items(subscription)
    assert (item.price_id, item.quantity) == (extra.id, 2)
    assert biller.lines(invoice)[0].subscription_item_id == item.id


def test_what_waits_for_the_next_invoice_stays_out_of_the_changes_own(biller: Biller) -> None:
    works, subscription = halfway(biller)
    upgrade(
        biller,
        subscription,
        6_200,
        payment_behavior=UpdatePayment.ALLOW_INCOMPLETE,
        proration_behavior="create_prorations",
    )
    works.passes(days=7, hours=18)

    upgrade(biller, subscription, 12_400)

    # A quarter is left: half of the 3,100 that wait comes back beside them, and a quarter of 12,400 is paid now.
    waiting = InvoiceItem.objects.for_merchant(biller.id).filter(invoice__isnull=True).order_by("id")
    assert [one.amount_minor for one in waiting] == [-1_550, 3_100, -1_550]
    assert [line.amount_minor for line in biller.lines(biller.invoices(subscription)[1])] == [3_100]
    works.passes(days=10)
    assert biller.invoices(subscription)[-1].total_minor == 12_400
    assert_books_agree(biller.shop)


def test_a_previewed_change_that_waits_for_its_payment_costs_what_was_shown(biller: Biller) -> None:
    _, subscription = halfway(biller)
    [item] = list_items(subscription)
    changes = [ItemChange(item.id, price_id=biller.price(6_200).id)]
    asked: dict[str, Any] = {
        "merchant_id": biller.id,
        "subscription_id": subscription.id,
        "changes": changes,
        "proration_behavior": "always_invoice",
    }
    preview = preview_item_change(**asked, waits_for_payment=True)

    change_subscription(**asked, change_id=new_id(), payment_behavior=PENDING, preview_token=preview.token)
    with pytest.raises(PreviewStale):
        change_subscription(
            **asked, change_id=new_id(), payment_behavior=PENDING, preview_token=preview.token
        )

    assert biller.invoices(subscription)[1].total_minor == preview.invoice.total_minor == 1_550


def test_a_change_can_not_wait_where_invoices_are_sent(biller: Biller) -> None:
    subscription = biller.subscribes(collection_method="send_invoice", days_until_due=30)
    [item] = list_items(subscription)
    before = biller.footprint()

    with pytest.raises(SubscriptionUnexpectedState):
        change_subscription(
            merchant_id=biller.id,
            subscription_id=subscription.id,
            change_id=new_id(),
            changes=[ItemChange(item.id, quantity=2)],
            proration_behavior="always_invoice",
            payment_behavior=PENDING,
        )

    assert biller.footprint() == before
