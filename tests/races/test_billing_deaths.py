"""Killed at every write of renewing, finalizing, collecting, dunning, paying, voiding and crediting, with real commits.

Afterwards, and once the beat, the workers and the person have come again: one invoice, one number, one charge.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest

from foundation import clock
from foundation.errors import DomainError
from foundation.ids import new_id
from foundation.jobs.inline import run_due_jobs
from ledger.queries.verify import verify_books
from subscriptions.models import CreditNote, DunningRun, Invoice, Subscription
from subscriptions.operations.claim_due_drafts import claim_due_drafts
from subscriptions.operations.claim_due_renewals import claim_due_renewals
from subscriptions.operations.claim_due_retries import claim_due_retries
from subscriptions.operations.collect_invoice import collect_invoice
from subscriptions.operations.create_credit_note import Credited, NotePlan, create_credit_note
from subscriptions.operations.finalize_invoice import finalize_invoice
from subscriptions.operations.pay_invoice import pay_invoice
from subscriptions.operations.record_invoice_payment import record_invoice_payment
from subscriptions.operations.renew_subscription import renew_subscription
from subscriptions.operations.retry_invoice import retry_invoice
from subscriptions.operations.stage_due_work import stage_due_work
from subscriptions.operations.void_invoice import void_invoice
from tests.factories.billing import Biller
from tests.factories.books import assert_all_decided, assert_books_agree
from tests.factories.killing import every_death
from tests.factories.later import DAY_SECONDS, later, look_after
from tests.factories.shop import Shop

pytestmark = pytest.mark.django_db(transaction=True)
DECLINES = "pm_card_chargeCustomerFail"
HOUR = 3_600


@pytest.fixture
def biller(transactional_db: None, shop: Shop) -> Biller:
    return Biller(shop)


@dataclass
class Turns:
    """What each turn works on. The shop has one of each for every place of death."""

    biller: Biller
    subscriptions: list[Subscription] = field(default_factory=list)
    invoices: list[Invoice] = field(default_factory=list)

    @property
    def subscription(self) -> Subscription:
        return self.biller.fresh(self.subscriptions[-1])

    @property
    def invoice(self) -> Invoice:
        return Invoice.objects.for_merchant(self.biller.id).get(pk=self.invoices[-1].pk)

    def subscribes(self, token: str = "pm_card_visa", **terms: Any) -> Subscription:
        self.subscriptions.append(self.biller.subscribes(self.biller.customer(token), **terms))
        return self.subscriptions[-1]

    def hears(self) -> None:
        """Of the payments of this turn: what the reactions to payments' events do."""
        for invoice in self.biller.invoices(self.subscription):
            for payment in self.biller.payments(invoice):
                record_invoice_payment(merchant_id=self.biller.id, payment_intent_id=payment.id)

    def until_due(self) -> float:
        due = self.subscription.next_billing_at
        assert due is not None
        return (due - clock.now()).total_seconds() + 1

    def drafts(self) -> tuple[float, Invoice]:
        """A renewal's draft of a new subscription, and when it is due to be finalized, from now."""
        self.subscribes()
        due = self.until_due()
        with later(due):
            draft = renew_subscription(merchant_id=self.biller.id, subscription_id=self.subscription.id)
        assert draft is not None
        self.invoices.append(draft)
        return due + HOUR + 60, draft

    def open(self, token: str = "pm_card_visa") -> Invoice:
        """An open invoice that nobody collects by himself."""
        self.subscribes(token, collection_method="send_invoice", days_until_due=30)
        self.invoices.append(self.biller.invoices(self.subscription)[0])
        return self.invoice


def come_again(turns: Turns, seconds: float) -> None:
    """Beat, the workers and the news some time later, until nothing is left to do."""
    with later(seconds):
        claim_due_renewals()
        claim_due_drafts()
        claim_due_retries()
        stage_due_work()
        while run_due_jobs():
            turns.hears()
        turns.hears()
    look_after(seconds)
    with later(seconds + 1):
        turns.hears()


def again(act: Callable[[], Any]) -> None:
    """A person presses once more; a refusal says that it is done, or not to be done beside what is under way."""
    try:
        act()
    except DomainError:
        return


def assert_paid_once(turns: Turns, number: int) -> None:
    biller = turns.biller
    assert turns.invoice.status == "paid", f"died before write {number}"
    assert [payment.status for payment in biller.payments(turns.invoice)].count("paid") == 1


def assert_whole(biller: Biller, charges: int) -> None:
    assert biller.shop.psp.charges() == charges
    assert_all_decided(biller.shop)
    assert_books_agree(biller.shop)


def test_a_renewal_that_dies_anywhere_bills_its_period_once(biller: Biller) -> None:
    turns = Turns(biller)

    def act_on(number: int) -> Callable[[], Any]:
        subscription = turns.subscribes()
        due = turns.until_due()

        def act() -> None:
            with later(due):
                renew_subscription(merchant_id=biller.id, subscription_id=subscription.id)

        return act

    def then(number: int) -> None:
        due = (turns.subscriptions[-1].current_period_end_at - clock.now()).total_seconds()
        come_again(turns, due + 20 * 60)
        come_again(turns, due + 2 * HOUR)
        _, renewed = biller.invoices(turns.subscription)
        turns.invoices.append(renewed)
        assert_paid_once(turns, number)

    places = every_death(act_on, then)

    assert places >= 4
    assert_whole(biller, 2 * len(turns.subscriptions))


def test_a_finalizing_that_dies_anywhere_gives_one_number_and_one_booking(biller: Biller) -> None:
    turns = Turns(biller)

    def act_on(number: int) -> Callable[[], Any]:
        due, draft = turns.drafts()

        def act() -> None:
            with later(due):
                finalize_invoice(merchant_id=biller.id, invoice_id=draft.id)

        return act

    def then(number: int) -> None:
        due = (turns.subscriptions[-1].current_period_end_at - clock.now()).total_seconds() + HOUR
        come_again(turns, due + 20 * 60)
        come_again(turns, due + HOUR)
        assert_paid_once(turns, number)

    places = every_death(act_on, then)

    numbers = [invoice.number for invoice in Invoice.objects.for_merchant(biller.id).order_by("number")]
    assert places >= 4
    assert numbers == [f"INV-{ordinal:04d}" for ordinal in range(1, 2 * len(turns.subscriptions) + 1)]
    assert_whole(biller, 2 * len(turns.subscriptions))


def test_a_collection_that_dies_anywhere_charges_once(biller: Biller) -> None:
    turns = Turns(biller)

    def act_on(number: int) -> Callable[[], Any]:
        invoice = turns.open()
        return lambda: collect_invoice(
            merchant_id=biller.id, invoice_id=invoice.id, attempt=1, in_background=False
        )

    def then(number: int) -> None:
        # The job of this very try comes again, as the relay sends what was not acknowledged.
        for seconds in (0, 90, 2 * HOUR):
            with later(seconds):
                collect_invoice(merchant_id=biller.id, invoice_id=turns.invoice.id, attempt=1)
            come_again(turns, seconds)
        assert_paid_once(turns, number)

    places = every_death(act_on, then)

    assert places >= 8
    assert_whole(biller, len(turns.invoices))


def test_a_persons_payment_that_dies_anywhere_and_is_asked_for_again_charges_once(biller: Biller) -> None:
    turns = Turns(biller)

    def pays() -> None:
        pay_invoice(merchant_id=biller.id, invoice_id=turns.invoice.id)

    def act_on(number: int) -> Callable[[], Any]:
        turns.open()
        return pays

    def then(number: int) -> None:
        again(pays)
        come_again(turns, 90)
        come_again(turns, 2 * HOUR)
        again(pays)
        assert_paid_once(turns, number)

    places = every_death(act_on, then)

    assert places >= 8
    assert_whole(biller, len(turns.invoices))


def test_a_dunning_try_that_dies_anywhere_charges_once(biller: Biller) -> None:
    turns = Turns(biller)

    def act_on(number: int) -> Callable[[], Any]:
        due, draft = turns.drafts()
        biller.takes_card(turns.subscription.customer, DECLINES)
        with later(due):
            finalize_invoice(merchant_id=biller.id, invoice_id=draft.id)
            collect_invoice(merchant_id=biller.id, invoice_id=draft.id, attempt=1, in_background=False)
            biller.takes_card(turns.subscription.customer, "pm_card_visa")
        run = DunningRun.objects.for_merchant(biller.id).get(invoice=draft)

        def act() -> None:
            with later(due + 2 * DAY_SECONDS + 60):
                retry_invoice(merchant_id=biller.id, dunning_run_id=run.id, in_background=False)

        return act

    def then(number: int) -> None:
        due = (turns.subscriptions[-1].current_period_end_at - clock.now()).total_seconds() + HOUR
        for more in (0, 30 * 60, 2 * HOUR):
            come_again(turns, due + 2 * DAY_SECONDS + 120 + more)
        assert_paid_once(turns, number)
        assert turns.subscription.status == "active"
        assert DunningRun.objects.for_merchant(biller.id).get(invoice=turns.invoice).status == "recovered"

    places = every_death(act_on, then)

    assert places >= 10
    assert_whole(biller, 2 * len(turns.subscriptions))


def test_a_voiding_that_dies_anywhere_and_is_asked_for_again_voids_once(biller: Biller) -> None:
    turns = Turns(biller)

    def voids() -> None:
        void_invoice(merchant_id=biller.id, invoice_id=turns.invoice.id)

    def act_on(number: int) -> Callable[[], Any]:
        invoice = turns.open(DECLINES)
        collect_invoice(merchant_id=biller.id, invoice_id=invoice.id, attempt=1, in_background=False)
        return voids

    def then(number: int) -> None:
        again(voids)
        assert turns.invoice.status == "void", f"died before write {number}"

    places = every_death(act_on, then)

    assert places >= 4
    assert biller.shop.ledger("assets/receivables") == 0
    assert biller.shop.psp.charges() == 0
    assert verify_books(biller.id).differences == []


def test_a_credit_note_that_dies_anywhere_is_one_note_and_one_refund(biller: Biller) -> None:
    turns = Turns(biller)
    notes: list[UUID] = []

    def credits() -> None:
        create_credit_note(
            merchant_id=biller.id,
            credit_note_id=notes[-1],
            invoice_id=turns.invoice.id,
            credited=[Credited(biller.lines(turns.invoice)[0].id, 400)],
            plan=NotePlan(refund_minor=400),
        )

    def act_on(number: int) -> Callable[[], Any]:
        turns.subscribes()
        turns.invoices.append(biller.invoices(turns.subscription)[0])
        notes.append(new_id())
        return credits

    def then(number: int) -> None:
        again(credits)
        come_again(turns, 90)
        come_again(turns, 2 * HOUR)
        note = CreditNote.objects.for_merchant(biller.id).get(invoice=turns.invoice)
        assert note.refund_id == note.id, f"died before write {number}"

    places = every_death(act_on, then)

    numbers = [note.number for note in CreditNote.objects.for_merchant(biller.id).order_by("number")]
    assert places >= 8
    assert numbers == [f"CN-{ordinal:04d}" for ordinal in range(1, len(notes) + 1)]
    assert biller.shop.psp.refunds() == len(notes)
    assert_whole(biller, len(turns.subscriptions))
