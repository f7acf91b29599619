"""Billing with real threads and commits: one invoice per period, one number each, one charge."""

from __future__ import annotations

from typing import Any

import pytest

from foundation import clock
from foundation.errors import DomainError
from foundation.events.handling import HANDLERS
from foundation.events.inline import dispatch_events
from foundation.jobs.inline import run_due_jobs
from ledger.queries.verify import verify_books
from subscriptions.models import Invoice, Subscription
from subscriptions.operations.claim_due_drafts import claim_due_drafts
from subscriptions.operations.claim_due_renewals import claim_due_renewals
from subscriptions.operations.collect_invoice import collect_invoice
from subscriptions.operations.finalize_invoice import finalize_invoice
from subscriptions.operations.renew_subscription import renew_subscription
from tests.factories.billing import Biller
from tests.factories.books import assert_books_agree
from tests.factories.later import later
from tests.factories.shop import Shop
from tests.races.together import together

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 4


@pytest.fixture
def biller(transactional_db: None, shop: Shop) -> Biller:
    """The shop's billing side, its rows committed."""
    return Biller(shop)


def refusals(answers: list[Any]) -> list[str]:
    """Codes of the refusals; anything else that was raised is a failure of the test."""
    for answer in answers:
        if isinstance(answer, Exception) and not isinstance(answer, DomainError):
            raise answer
    return sorted(answer.code for answer in answers if isinstance(answer, DomainError))


def when_due(subscription: Subscription) -> float:
    assert subscription.next_billing_at is not None
    return (subscription.next_billing_at - clock.now()).total_seconds() + 1


def test_renewals_at_once_write_one_draft(biller: Biller) -> None:
    subscription = biller.subscribes()

    with later(when_due(subscription)):
        answers = together(
            [lambda: renew_subscription(merchant_id=biller.id, subscription_id=subscription.id)] * AT_ONCE
        )

    assert refusals(answers) == []
    assert [answer for answer in answers if answer is not None] == biller.invoices(subscription)[1:]
    assert len(biller.invoices(subscription)) == 2


def test_beats_at_once_claim_each_subscription_once(biller: Biller) -> None:
    subscriptions = [biller.subscribes() for _ in range(3)]

    with later(when_due(subscriptions[-1])):
        claimed = together([claim_due_renewals] * AT_ONCE)

    assert sum(claimed) == 3


def test_invoices_finalized_at_once_have_numbers_without_gaps(biller: Biller) -> None:
    subscriptions = [biller.subscribes() for _ in range(AT_ONCE)]
    drafts = []
    for subscription in subscriptions:
        with later(when_due(subscription)):
            drafts.append(renew_subscription(merchant_id=biller.id, subscription_id=subscription.id))

    answers = together(
        [
            lambda draft=draft: finalize_invoice(merchant_id=biller.id, invoice_id=draft.id)  # type: ignore[misc]
            for draft in drafts
        ]
    )

    assert refusals(answers) == []
    assert sorted(invoice.number for invoice in answers) == ["INV-0005", "INV-0006", "INV-0007", "INV-0008"]


def test_one_invoice_finalized_at_once_has_one_number(biller: Biller) -> None:
    subscription = biller.subscribes()
    with later(when_due(subscription)):
        draft = renew_subscription(merchant_id=biller.id, subscription_id=subscription.id)
    assert draft is not None

    answers = together([lambda: finalize_invoice(merchant_id=biller.id, invoice_id=draft.id)] * AT_ONCE)

    assert {invoice.number for invoice in answers} == {"INV-0002"}
    assert biller.shop.ledger("assets/receivables") == 1_000


def test_collections_at_once_charge_once(biller: Biller) -> None:
    customer = biller.customer("pm_card_chargeCustomerFail")
    subscription = biller.subscribes(customer)
    [invoice] = biller.invoices(subscription)
    biller.takes_card(customer, "pm_card_visa")

    answers = together(
        [
            lambda: collect_invoice(
                merchant_id=biller.id, invoice_id=invoice.id, reason="manual", in_background=False
            )
        ]
        * AT_ONCE
    )

    refusals(answers)
    assert biller.shop.psp.charges() == 1
    assert Invoice.objects.for_merchant(biller.id).get(pk=invoice.pk).amount_paid_minor == 1_000
    assert [payment.status for payment in biller.payments(invoice)].count("paid") == 1
    assert_books_agree(biller.shop)


def test_a_month_goes_by_on_beat_jobs_and_events_alone(biller: Biller) -> None:
    subscription = biller.subscribes()

    with later(when_due(subscription)):
        claim_due_renewals()
        run_due_jobs()
    with later(when_due(subscription) + 3_700):
        claim_due_drafts()
        for _ in range(3):
            run_due_jobs()
            dispatch_events([HANDLERS])
        run_due_jobs()

    [_, invoice] = biller.invoices(subscription)
    assert (invoice.status, invoice.amount_paid_minor) == ("paid", 1_000)
    assert biller.fresh(subscription).status == "active"
    assert biller.shop.psp.charges() == 2
    assert biller.shop.ledger("assets/receivables") == 0
    assert verify_books(biller.id).differences == []
