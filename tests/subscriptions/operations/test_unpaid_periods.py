"""No credit for a period that nobody has paid, on every path that gives time back; and none twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from foundation.ids import new_id
from subscriptions.errors import CreditNoteExceedsLine
from subscriptions.models import CreditNote, Invoice, InvoiceItem, InvoiceLine, Subscription
from subscriptions.operations.cancel_subscription import cancel_subscription
from subscriptions.operations.change_items import change_items
from subscriptions.operations.create_credit_note import Credited, create_credit_note
from subscriptions.operations.create_price import create_price
from subscriptions.operations.create_schedule import create_schedule
from subscriptions.operations.mark_uncollectible import mark_uncollectible
from subscriptions.operations.move_trial_end import move_trial_end
from subscriptions.operations.pay_invoice import pay_invoice
from subscriptions.operations.update_subscription import SubscriptionChange, update_subscription
from subscriptions.queries.subscriptions import list_items
from subscriptions.queries.unused import read_unused
from subscriptions.steps.item_changes import ItemChange
from subscriptions.steps.plan_phases import NewPhase, PhaseItem
from tests.factories.billing import Biller
from tests.factories.books import assert_books_agree
from tests.subscriptions.clocks import DECLINES, Clockwork


def sent(biller: Biller, works: Clockwork) -> Subscription:
    """A month of 31 days for 3,100, its invoice open and not due for a year."""
    return biller.subscribes(
        works.customer(),
        prices=[biller.price(3_100)],
        collection_method="send_invoice",
        days_until_due=365,
    )


def cancels(biller: Biller, works: Clockwork, subscription: Subscription) -> None:
    cancel_subscription(merchant_id=biller.id, subscription_id=subscription.id, is_prorated=True)


def ends_by_date(biller: Biller, works: Clockwork, subscription: Subscription) -> None:
    end = works.fresh().frozen_at + timedelta(hours=1)
    update_subscription(
        merchant_id=biller.id, subscription_id=subscription.id, change=SubscriptionChange(cancel_at=end)
    )
    works.passes(hours=1)


def begins_a_trial(biller: Biller, works: Clockwork, subscription: Subscription) -> None:
    end = works.fresh().frozen_at + timedelta(days=7)
    move_trial_end(merchant_id=biller.id, subscription_id=subscription.id, trial_end_at=end)


def changes_seats(biller: Biller, works: Clockwork, subscription: Subscription) -> None:
    [item] = list_items(subscription)
    change_items(
        merchant_id=biller.id, subscription_id=subscription.id, changes=[ItemChange(item.id, quantity=2)]
    )


def moves_its_anchor(biller: Biller, works: Clockwork, subscription: Subscription) -> None:
    change_items(merchant_id=biller.id, subscription_id=subscription.id, anchor="now")


def enters_a_phase(biller: Biller, works: Clockwork, subscription: Subscription) -> None:
    [item] = list_items(subscription)
    dearer = create_price(
        merchant_id=biller.id,
        price_id=new_id(),
        product_id=item.price.product_id,
        currency="usd",
        unit_amount=Decimal(6_200),
        interval="month",
    )
    create_schedule(
        merchant_id=biller.id,
        schedule_id=new_id(),
        subscription_id=subscription.id,
        phases=[NewPhase((PhaseItem(dearer.id),), starts_at=works.fresh().frozen_at + timedelta(hours=1))],
    )
    works.passes(hours=1)


Path = Callable[[Biller, Clockwork, Subscription], None]
PATHS: list[Path] = [
    cancels,
    ends_by_date,
    begins_a_trial,
    changes_seats,
    moves_its_anchor,
    enters_a_phase,
]


def given_back(biller: Biller) -> int:
    """By credits that wait, and by those on invoices."""
    waiting = InvoiceItem.objects.for_merchant(biller.id).filter(amount_minor__lt=0, invoice__isnull=True)
    billed = InvoiceLine.objects.for_merchant(biller.id).filter(amount_minor__lt=0)
    return sum(row.amount_minor for rows in (waiting, billed) for row in rows)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.__name__)
def test_a_debt_is_not_given_back(path: Path, biller: Biller) -> None:
    works = Clockwork.of(biller)
    subscription = sent(biller, works)
    works.passes(days=15)

    path(biller, works, subscription)

    assert given_back(biller) == 0
    assert Invoice.objects.for_merchant(biller.id).order_by("id")[0].amount_remaining.amount_minor == 3_100


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.__name__)
def test_what_is_paid_is_given_back(path: Path, biller: Biller) -> None:
    works = Clockwork.of(biller)
    subscription = sent(biller, works)
    pay_invoice(merchant_id=biller.id, invoice_id=biller.invoices(subscription)[0].id, is_out_of_band=True)
    works.passes(days=15)

    path(biller, works, subscription)

    assert -1_600 <= given_back(biller) <= -1_595


def test_a_debt_that_was_given_up_is_no_payment(biller: Biller) -> None:
    works = Clockwork.of(biller)
    subscription = sent(biller, works)
    mark_uncollectible(merchant_id=biller.id, invoice_id=biller.invoices(subscription)[0].id)
    works.passes(days=15)

    cancels(biller, works, subscription)

    assert given_back(biller) == 0


def test_a_draft_that_is_about_to_be_collected_is_given_back_with_a_change(biller: Biller) -> None:
    works = Clockwork.of(biller)
    subscription = biller.subscribes(works.customer(), prices=[biller.price(2_800)])
    works.passes(days=31)
    [_, draft] = biller.invoices(subscription)
    assert draft.status == "draft"

    changes_seats(biller, works, subscription)

    # Without the credit the rest of February would be charged with the draft, and again with the change.
    assert given_back(biller) == -2_800
    works.passes(days=29)
    assert sum(one.total_minor for one in biller.invoices(subscription)) == 2_800 + 5_600 + 5_600
    assert_books_agree(biller.shop)


def test_a_draft_is_not_given_back_when_the_subscription_ends_with_it(biller: Biller) -> None:
    works = Clockwork.of(biller)
    subscription = biller.subscribes(works.customer(), prices=[biller.price(2_800)])
    works.passes(days=31)
    [_, draft] = biller.invoices(subscription)
    assert draft.status == "draft"

    cancels(biller, works, subscription)

    assert given_back(biller) == 0


def test_a_failed_payment_is_a_debt(biller: Biller) -> None:
    works = Clockwork.of(biller)
    customer = works.customer()
    subscription = biller.subscribes(customer, prices=[biller.price(2_800)])
    biller.takes_card(customer, DECLINES)
    works.passes(days=31, hours=2)
    assert biller.fresh(subscription).status == "past_due"

    changes_seats(biller, works, biller.fresh(subscription))

    assert given_back(biller) == 0


def test_asked_for_a_debt_is_given_back_too(biller: Biller) -> None:
    works = Clockwork.of(biller)
    subscription = sent(biller, works)
    works.passes(days=15)
    [item] = list_items(subscription)

    change_items(
        merchant_id=biller.id,
        subscription_id=subscription.id,
        changes=[ItemChange(item.id, quantity=2)],
        credits_unpaid=True,
    )

    assert given_back(biller) == -1_600


@pytest.mark.parametrize(("noted", "back"), [(500, 1_600), (2_000, 1_100), (3_100, 0)])
def test_what_a_credit_note_gave_back_does_not_come_back_again(noted: int, back: int, biller: Biller) -> None:
    works = Clockwork.of(biller)
    subscription = biller.subscribes(works.customer(), prices=[biller.price(3_100)])
    [invoice] = biller.invoices(subscription)
    works.passes(days=15)
    asked: dict[str, Any] = {"merchant_id": biller.id, "credit_note_id": new_id(), "invoice_id": invoice.id}
    create_credit_note(**asked, credited=[Credited(biller.lines(invoice)[0].id, noted)])
    assert read_unused(biller.fresh(subscription)).amount_minor == back

    cancels(biller, works, subscription)

    assert given_back(biller) == -back


def test_what_a_change_gave_back_is_not_credited_again_by_a_note(biller: Biller) -> None:
    works = Clockwork.of(biller)
    subscription = biller.subscribes(works.customer(), prices=[biller.price(3_100)])
    works.passes(days=15)
    [item] = list_items(subscription)
    change_items(
        merchant_id=biller.id,
        subscription_id=subscription.id,
        changes=[ItemChange(item.id, quantity=2)],
        proration_behavior="always_invoice",
    )
    [line] = biller.lines(biller.invoices(subscription)[0])
    before = biller.shop.footprint()
    left = line.amount_minor - line.credited_minor
    assert 0 < left < line.amount_minor

    with pytest.raises(CreditNoteExceedsLine):
        _notes(biller, line, left + 1)

    assert biller.shop.footprint() == before
    assert _notes(biller, line, left).total_minor == left
    with pytest.raises(CreditNoteExceedsLine):
        _notes(biller, line, 1)


def _notes(biller: Biller, line: InvoiceLine, amount: int) -> CreditNote:
    return create_credit_note(
        merchant_id=biller.id,
        credit_note_id=new_id(),
        invoice_id=line.invoice_id,
        credited=[Credited(line.id, amount)],
    )
