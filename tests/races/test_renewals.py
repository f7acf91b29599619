"""Two beats and doubled jobs, with real threads and commits: one invoice, one number, one charge, one try."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import Any

import pytest
from django.db import connection

from foundation import clock
from foundation.errors import DomainError
from foundation.jobs.beat import BeatEntry, stage_ticks
from foundation.jobs.claiming import claim_to_send
from foundation.jobs.inline import run_due_jobs
from foundation.jobs.models import Job
from foundation.jobs.registry import get_job
from foundation.jobs.running import run_job
from foundation.transactions import owns_transaction
from ledger.queries.verify import verify_books
from subscriptions.locks import lock_number_series, lock_subscription
from subscriptions.models import DunningRun, Invoice, SeriesKind, Subscription
from subscriptions.operations.claim_due_drafts import claim_due_drafts
from subscriptions.operations.claim_due_renewals import claim_due_renewals
from subscriptions.operations.finalize_invoices import finalize_invoices
from subscriptions.operations.renew_subscriptions import renew_subscriptions
from tests.factories.billing import Biller
from tests.factories.books import assert_books_agree
from tests.factories.later import later
from tests.factories.shop import Shop
from tests.races.together import together

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 4
HOUR = 3_600


@pytest.fixture
def biller(transactional_db: None, shop: Shop) -> Biller:
    """The shop's billing side, its rows committed."""
    return Biller(shop)


def when_due(subscription: Subscription) -> float:
    assert subscription.next_billing_at is not None
    return (subscription.next_billing_at - clock.now()).total_seconds() + 1


def doubled(name: str) -> list[Callable[[], object]]:
    """The handlers of all jobs of a name, each delivered twice."""
    jobs = list(Job.objects.filter(name=name))
    assert jobs, f"nobody staged {name}"
    Job.objects.filter(name=name).update(status="done")
    return [lambda job=job: get_job(name).handler(**job.args) for job in jobs for _ in range(2)]


def refuse_all_but_domain_errors(answers: list[Any]) -> None:
    for answer in answers:
        if isinstance(answer, Exception) and not isinstance(answer, DomainError):
            raise answer


def test_a_month_in_which_every_beat_and_job_comes_twice_at_once(biller: Biller) -> None:
    subscriptions = [biller.subscribes() for _ in range(3)]
    due = when_due(subscriptions[-1])

    with later(due):
        assert sum(together([claim_due_renewals] * 2)) == 3
        refuse_all_but_domain_errors(together(doubled("subscriptions.renew_together")))
        run_due_jobs()
    with later(due + HOUR):
        assert sum(together([claim_due_drafts] * 2)) == 3
        refuse_all_but_domain_errors(together(doubled("subscriptions.finalize_together")))
        run_due_jobs()
        refuse_all_but_domain_errors(together(doubled("subscriptions.collect_invoice")))
        run_due_jobs()
        biller.hears_of_payments()

    invoices = [biller.invoices(one) for one in subscriptions]
    assert [len(of_one) for of_one in invoices] == [2, 2, 2]
    assert sorted(of_one[1].number for of_one in invoices) == ["INV-0004", "INV-0005", "INV-0006"]
    assert [[one.status for one in biller.payments(of_one[1])] for of_one in invoices] == [["paid"]] * 3
    assert biller.shop.psp.charges() == 6
    assert biller.shop.ledger("assets/receivables") == 0
    assert_books_agree(biller.shop)
    assert verify_books(biller.id).differences == []


def test_a_dunning_job_delivered_twice_at_once_makes_one_try(biller: Biller) -> None:
    customer = biller.customer()
    subscription = biller.subscribes(customer)
    biller.takes_card(customer, "pm_card_chargeCustomerFail")
    with later(when_due(subscription)):
        claim_due_renewals()
        run_due_jobs()
    with later(when_due(subscription) + HOUR):
        claim_due_drafts()
        run_due_jobs()
        biller.hears_of_payments()
    invoice = biller.invoices(subscription)[1]
    [run] = DunningRun.objects.for_merchant(biller.id).filter(invoice=invoice)
    assert run.next_try_at is not None
    retry = get_job("subscriptions.retry_invoice").handler
    biller.takes_card(customer, "pm_card_visa")
    tries = len(biller.payments(invoice))

    with later((run.next_try_at - clock.now()).total_seconds() + 60):
        answers = together([lambda: retry(merchant_id=str(biller.id), dunning_run_id=str(run.id))] * AT_ONCE)
        refuse_all_but_domain_errors(answers)
        run_due_jobs()
        biller.hears_of_payments()

    assert len(biller.payments(invoice)) <= tries + 1
    assert Invoice.objects.for_merchant(biller.id).get(pk=invoice.pk).status == "paid"
    assert [one.status for one in biller.payments(invoice)].count("paid") == 1
    assert biller.shop.psp.charges() == 2
    assert_books_agree(biller.shop)


def test_the_same_row_of_a_job_is_run_by_one_of_its_doubled_messages(biller: Biller) -> None:
    subscription = biller.subscribes()

    with later(when_due(subscription)):
        claim_due_renewals()
        [sent] = claim_to_send(queues=["billing"], limit=1, due_at=clock.now())
        together([lambda: run_job(sent.id)] * AT_ONCE)

    assert Job.objects.get(pk=sent.id).attempts == 1
    assert len(biller.invoices(subscription)) == 2


def test_beats_that_tick_at_once_stage_a_tick_once(biller: Biller) -> None:
    entry = BeatEntry("claim_due_renewals", "subscriptions.claim_due_renewals", 5)
    tick = clock.now()

    together([lambda: stage_ticks([(entry, tick)])] * AT_ONCE)

    assert Job.objects.filter(name="subscriptions.claim_due_renewals").count() == 1


def test_a_second_batch_of_drafts_comes_again_while_the_first_has_the_numbers(biller: Biller) -> None:
    subscriptions = [biller.subscribes() for _ in range(2)]
    with later(when_due(subscriptions[-1])):
        claim_due_renewals()
        run_due_jobs()
    ids = [biller.invoices(one)[1].id for one in subscriptions]
    is_held, is_done = Event(), Event()

    @owns_transaction
    def number() -> None:
        lock_number_series(merchant_id=biller.id, kind=SeriesKind.INVOICE, customer_id=None)
        is_held.set()
        is_done.wait(30)

    def finalize() -> int | None:
        is_held.wait(30)
        try:
            return finalize_invoices(merchant_id=biller.id, invoice_ids=ids)
        finally:
            is_done.set()

    with later(when_due(subscriptions[-1]) + HOUR):
        assert together([number, finalize]) == [None, None]
        assert not Job.objects.filter(name="subscriptions.finalize_invoice").exists()
        assert finalize_invoices(merchant_id=biller.id, invoice_ids=ids) == 2


def test_one_that_somebody_holds_is_left_to_a_job_of_its_own(biller: Biller) -> None:
    held, free = biller.subscribes(), biller.subscribes()
    is_held, is_done = Event(), Event()

    @owns_transaction
    def hold() -> None:
        lock_subscription(merchant_id=biller.id, subscription_id=held.id)
        is_held.set()
        is_done.wait(30)

    def renew() -> int:
        is_held.wait(30)
        try:
            return renew_subscriptions(merchant_id=biller.id, subscription_ids=[held.id, free.id])
        finally:
            is_done.set()

    with later(when_due(free)):
        answers = together([hold, renew])
        assert answers == [None, 1]
        assert (len(biller.invoices(held)), len(biller.invoices(free))) == (1, 2)
        run_due_jobs()

    assert len(biller.invoices(held)) == 2
    connection.close()
