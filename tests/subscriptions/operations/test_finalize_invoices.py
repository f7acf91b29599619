"""Finalizing many together: numbers follow one another, and what can not be finalized stops itself only."""

from __future__ import annotations

from datetime import timedelta

from foundation import clock
from foundation.jobs.inline import run_due_jobs
from foundation.jobs.models import Job
from ledger.queries.verify import verify_books
from subscriptions.models import CollectionMethod, Invoice, InvoiceLine, Subscription
from subscriptions.operations.claim_due_drafts import claim_due_drafts
from subscriptions.operations.finalize_invoice import finalize_invoice
from subscriptions.operations.finalize_invoices import finalize_invoices
from subscriptions.operations.renew_subscriptions import renew_subscriptions
from subscriptions.operations.update_invoice import update_invoice
from subscriptions.queries.due import read_finalizing_lag_seconds
from tests.factories.billing import Biller
from tests.factories.later import later

HOUR = 3_600


def after(subscription: Subscription) -> float:
    assert subscription.next_billing_at is not None
    return (subscription.next_billing_at - clock.now()).total_seconds() + 1


def drafts(biller: Biller, count: int) -> tuple[list[Subscription], list[Invoice], float]:
    """Renewed subscriptions whose invoices are sent, their drafts, and the seconds until all drafts are due."""
    customer = biller.customer()
    sent = {"collection_method": CollectionMethod.SEND_INVOICE, "days_until_due": 30}
    subscriptions = [biller.subscribes(customer, **sent) for _ in range(count)]
    due = after(subscriptions[-1])
    with later(due):
        renew_subscriptions(merchant_id=biller.id, subscription_ids=[one.id for one in subscriptions])
    return subscriptions, [biller.invoices(one)[-1] for one in subscriptions], due + HOUR


def fresh(biller: Biller, invoices: list[Invoice]) -> list[Invoice]:
    return [Invoice.objects.for_merchant(biller.id).get(pk=one.pk) for one in invoices]


def test_drafts_are_claimed_once_and_finalized_with_numbers_without_gaps(biller: Biller) -> None:
    _, waiting, due = drafts(biller, 3)

    with later(due):
        assert (claim_due_drafts(), claim_due_drafts()) == (3, 0)
        run_due_jobs()
        assert claim_due_drafts() == 0

    finalized = fresh(biller, waiting)
    assert sorted(one.number for one in finalized) == ["INV-0004", "INV-0005", "INV-0006"]
    assert {one.status for one in finalized} == {"open"}
    assert verify_books(biller.id).differences == []


def test_the_lag_is_how_long_the_oldest_due_draft_has_waited(biller: Biller) -> None:
    _, waiting, _ = drafts(biller, 2)
    due = sorted(one.finalizes_at for one in waiting if one.finalizes_at is not None)

    assert read_finalizing_lag_seconds(now=due[0]) == 0
    assert read_finalizing_lag_seconds(now=due[0] + timedelta(minutes=7)) == 420
    with later((due[1] - clock.now()).total_seconds() + 60):
        claim_due_drafts()
        assert read_finalizing_lag_seconds(now=clock.now()) >= 60
        run_due_jobs()
        assert read_finalizing_lag_seconds(now=clock.now()) == 0


def test_one_that_can_not_be_finalized_stops_itself_and_leaves_no_gap(biller: Biller) -> None:
    _, waiting, due = drafts(biller, 3)
    InvoiceLine.objects.for_merchant(biller.id).filter(invoice=waiting[1]).update(taxes=[{"amount": 1}])

    with later(due):
        claim_due_drafts()
        run_due_jobs()

    numbers = [one.number for one in fresh(biller, waiting)]
    assert (sorted(numbers), numbers[1]) == (["", "INV-0004", "INV-0005"], "")
    left = Job.objects.filter(merchant_id=biller.id, name="subscriptions.finalize_invoice").exclude(
        status="done"
    )
    assert [job.args["invoice_id"] for job in left] == [str(waiting[1].id)]


def test_drafts_that_are_early_moved_or_finalized_stay_as_they_are(biller: Biller) -> None:
    _, waiting, due = drafts(biller, 2)
    ids = [one.id for one in waiting]
    assert finalize_invoices(merchant_id=biller.id, invoice_ids=ids) == 0

    with later(due - HOUR):
        update_invoice(merchant_id=biller.id, invoice_id=ids[0], auto_advance=False)
    with later(due):
        assert finalize_invoices(merchant_id=biller.id, invoice_ids=ids) == 1
        before = biller.footprint()
        assert finalize_invoices(merchant_id=biller.id, invoice_ids=ids) == 0
        finalize_invoice(merchant_id=biller.id, invoice_id=ids[0], only_when_due=True)

    assert biller.footprint() == before
    assert [one.number for one in fresh(biller, waiting)] == ["", "INV-0003"]
