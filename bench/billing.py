"""Subscriptions due at one instant: beat's ticks, drafts by two processes, their memory; and billing's arithmetic.

The subscriptions are copies of one, made by SQL in a database of its own, all due at the same instant. Two processes
run the jobs that beat's claims stage, as two billing workers do; the broker between them is left out. First the drafts
are written, then all of them are finalized. Then an invoice of ten lines is reckoned and a change is prorated, in one
process without a database; the page of the upcoming load is shown; and a year passes for one subscription on a test
clock. Run alone: `python -m bench.billing` with DATABASE_URL set. BENCH_SUBSCRIPTIONS sets the size.
"""

from __future__ import annotations

import json
import logging
import os
import resource
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from multiprocessing import get_context
from time import perf_counter, sleep
from typing import Any
from uuid import UUID

SUBSCRIPTIONS = int(os.environ.get("BENCH_SUBSCRIPTIONS", "100000"))
PROCESSES = 2
PAUSE_SECONDS = 0.1
RECKONED = 5_000
LINES = 10
MONTHS = 12

# Customers and their billing rows first; then each subscription with its item.
COPY = [
    """
INSERT INTO payments_customer
SELECT (jsonb_populate_record(one, jsonb_build_object('id', uuidv7(), 'email', 'customer' || n || '@example.com'))).*
FROM payments_customer one, generate_series(1, %(count)s) n WHERE one.id = %(customer)s
""",
    """
INSERT INTO subscriptions_billingcustomer
SELECT (jsonb_populate_record(one, jsonb_build_object('id', uuidv7(), 'customer_id', c.id))).*
FROM subscriptions_billingcustomer one, payments_customer c
WHERE one.customer_id = %(customer)s AND c.merchant_id = %(merchant)s AND c.id <> %(customer)s
""",
    """
INSERT INTO subscriptions_subscription
SELECT (jsonb_populate_record(one, jsonb_build_object('id', uuidv7(), 'customer_id', c.id,
    'anchor_at', %(due)s, 'current_period_start_at', %(start)s, 'current_period_end_at', %(due)s,
    'next_billing_at', %(due)s))).*
FROM subscriptions_subscription one, payments_customer c
WHERE one.id = %(subscription)s AND c.merchant_id = %(merchant)s AND c.id <> %(customer)s
""",
    """
INSERT INTO subscriptions_subscriptionitem
SELECT (jsonb_populate_record(one, jsonb_build_object('id', uuidv7(), 'subscription_id', s.id))).*
FROM subscriptions_subscriptionitem one, subscriptions_subscription s
WHERE one.subscription_id = %(subscription)s AND s.merchant_id = %(merchant)s AND s.id <> %(subscription)s
""",
]
TABLES = (
    "payments_customer",
    "subscriptions_billingcustomer",
    "subscriptions_subscription",
    "subscriptions_subscriptionitem",
)


def main() -> dict[str, Any]:
    """Seconds and rates; see the module."""
    import django

    django.setup()
    from bench.ledger.postings import _database

    logging.disable(logging.INFO)
    with _database():
        merchant_id = _merchant()
        figures: dict[str, Any] = {"subscriptions": SUBSCRIPTIONS}
        figures["fill_seconds"] = round(_seconds(lambda: _fill(merchant_id)), 1)
        figures["renewal"] = _renew_all()
        figures["finalizing"] = _finalize_all()
        figures["upcoming_load_page"] = _load_page(merchant_id)
        figures["reckoning"] = {
            "invoices_of_10_lines_per_second": _rate(_reckoner()),
            "prorated_changes_per_second": _rate(_prorater()),
        }
        figures["year_on_a_test_clock_seconds"] = round(_seconds(lambda: _year(merchant_id)), 2)
    logging.disable(logging.NOTSET)
    return figures


def _seconds(work: Any) -> float:
    started = perf_counter()
    work()
    return perf_counter() - started


def _rate(work: Any) -> int:
    return round(RECKONED / _seconds(lambda: [work() for _ in range(RECKONED)]))


def _merchant() -> UUID:
    from foundation.tenancy.operations import create_merchant

    return create_merchant(name="Bench of billing", currency="usd").id


def _subscribe(merchant_id: UUID, customer_id: UUID) -> Any:
    """Three units of a monthly price; its invoices are sent, so that no PSP is asked."""
    from foundation.ids import new_id
    from subscriptions.models import CollectionMethod
    from subscriptions.operations.create_price import create_price
    from subscriptions.operations.create_product import create_product
    from subscriptions.operations.create_subscription import NewItem, SubscriptionTerms, create_subscription

    product = create_product(merchant_id=merchant_id, product_id=new_id(), name="Tea")
    price = create_price(
        merchant_id=merchant_id,
        price_id=new_id(),
        product_id=product.id,
        currency="usd",
        unit_amount=Decimal(1_000),
        interval="month",
    )
    return create_subscription(
        merchant_id=merchant_id,
        subscription_id=new_id(),
        customer_id=customer_id,
        items=[NewItem(price.id, 3)],
        terms=SubscriptionTerms(collection_method=CollectionMethod.SEND_INVOICE, days_until_due=30),
    )


def _fill(merchant_id: UUID) -> None:
    from foundation.ids import new_id
    from payments.operations.create_customer import create_customer

    customer = create_customer(merchant_id=merchant_id, customer_id=new_id(), email="first@example.com")
    first = _subscribe(merchant_id, customer.id)
    due = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=60)
    named = {
        "merchant": merchant_id,
        "customer": customer.id,
        "subscription": first.id,
        "count": SUBSCRIPTIONS,
        "due": due.isoformat(),
        "start": (due - timedelta(days=30)).isoformat(),
    }
    _past_the_triggers(*((statement, named) for statement in COPY))
    _vacuum(*TABLES)


def _past_the_triggers(*statements: tuple[str, dict[str, Any]]) -> None:
    """As the owner: nobody audits copies."""
    from django.db import connection, transaction

    from foundation.rights.owner import connected_as_owner

    with connected_as_owner(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0; SET LOCAL session_replication_role = replica")
        for statement, parameters in statements:
            cursor.execute(statement, parameters or None)


def _vacuum(*tables: str) -> None:
    from django.db import connection

    from foundation.rights.owner import connected_as_owner

    with connected_as_owner(), connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        for table in tables:
            cursor.execute(f"VACUUM ANALYZE {table}")


def _renew_all() -> dict[str, Any]:
    from subscriptions.models import Invoice, InvoiceReason
    from subscriptions.operations.claim_due_renewals import BATCH, claim_due_renewals

    figures = _work_off(claim_due_renewals, BATCH)
    drafts = Invoice.across_merchants.filter(reason=InvoiceReason.CYCLE, status="draft").count()
    assert drafts == SUBSCRIPTIONS, f"{SUBSCRIPTIONS} subscriptions have as many drafts, not {drafts}"
    return figures


def _finalize_all() -> dict[str, Any]:
    """All drafts at once, which in life are spread over half an hour."""
    from subscriptions.models import Invoice
    from subscriptions.operations.claim_due_drafts import BATCH, claim_due_drafts

    due = "UPDATE subscriptions_invoice SET finalizes_at = now() - interval '1 second' WHERE status = 'draft'"
    _past_the_triggers((due, {}))
    _vacuum("subscriptions_invoice")
    figures = _work_off(claim_due_drafts, BATCH)
    left = Invoice.across_merchants.filter(status="draft").count()
    assert not left, f"{left} drafts were not finalized"
    return figures


def _load_page(merchant_id: UUID) -> dict[str, float]:
    """The admin's drawing of the next 48 hours, with all renewals in them."""
    from bench.admin import _client, _measure

    spread = "UPDATE subscriptions_subscription SET next_billing_at = now() + random() * interval '47 h'"
    _past_the_triggers((spread, {}))
    _vacuum("subscriptions_subscription")
    return _measure(_client(merchant_id), "/admin/subscriptions/subscription/load/")


def _work_off(claim: Callable[[], int], batch: int) -> dict[str, Any]:
    """Beat's claims in this process, their jobs in two others, until nothing is due."""
    from django.db import connection

    connection.close()
    context = get_context("fork")
    is_over = context.Event()
    memory = context.Queue()
    workers = [context.Process(target=_work, args=(is_over, memory)) for _ in range(PROCESSES)]
    started = perf_counter()
    for worker in workers:
        worker.start()
    ticks: list[float] = []
    while True:
        began = perf_counter()
        claimed = claim()
        ticks.append(perf_counter() - began)
        if not claimed and not _jobs_left():
            break
        if claimed < batch:
            sleep(PAUSE_SECONDS)
    seconds = perf_counter() - started
    is_over.set()
    grown = [memory.get() for _ in workers]
    for worker in workers:
        worker.join()
    return {
        "seconds": round(seconds, 1),
        "per_second": round(SUBSCRIPTIONS / seconds),
        "slowest_tick_seconds": round(max(ticks), 3),
        "megabytes_of_a_worker_at_first": max(first for first, _ in grown) // 1_024,
        "megabytes_of_a_worker_at_most": max(most for _, most in grown) // 1_024,
    }


def _jobs_left() -> bool:
    from foundation.jobs.models import Job

    assert not Job.objects.filter(status="dead").exists(), "a job has died"
    return Job.objects.filter(queue="billing").exclude(status="done").exists()


def _work(is_over: Any, memory: Any) -> None:
    """What a worker of the queue `billing` does, without the message: the job's row is claimed, run and finished."""
    from django.db import connections

    from foundation.jobs.claiming import claim_to_send
    from foundation.jobs.running import run_job

    # A connection of the parent must not be shared by its children.
    connections.close_all()
    first = 0
    while not is_over.is_set():
        sent = claim_to_send(queues=["billing"], limit=1)
        for job in sent:
            run_job(job.id)
            first = first or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        if not sent:
            sleep(PAUSE_SECONDS)
    memory.put((first, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))


def _reckoner() -> Any:
    from foundation.money import Money
    from subscriptions.models import Price, Product, TaxRate
    from subscriptions.periods import Period
    from subscriptions.steps.reckon_invoice import NewLine, TaxFacts, reckon_invoice

    rate = TaxRate(percentage=Decimal(19), inclusive=False, display_name="VAT")
    period = Period(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))
    price = Price(product=Product(name="Tea"), currency="usd", unit_amount=Decimal(1_000), interval="month")
    lines = [
        NewLine(Money(1_000 + number, "usd"), period, "Tea", price=price, tax_rate_ids=(str(rate.id),))
        for number in range(LINES)
    ]
    facts = TaxFacts(seller_country="DE", customer_country="DE")
    rates = {str(rate.id): rate}
    return lambda: reckon_invoice(
        lines, currency="usd", discounts=[], rates=rates, facts=facts, at=period.start
    )


def _prorater() -> Any:
    from foundation.ids import new_id
    from subscriptions.periods import Period
    from subscriptions.proration import Charge, Debit, Ruler, prorate_change

    period = Period(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))
    ruler = Ruler(period)
    debit = Debit(new_id(), 3_000, period.start, period.end, ruler)
    charge = Charge("seats", Fraction(5_000), ruler)
    at = datetime(2026, 1, 12, 7, 31, 11, tzinfo=UTC)
    return lambda: prorate_change(at=at, debits=[debit], charges=[charge])


def _year(merchant_id: UUID) -> None:
    """Twelve renewals, finalized and sent, as the clock is turned month by month."""
    from foundation.ids import new_id
    from payments.operations.create_customer import create_customer
    from subscriptions.operations.advance_test_clock import advance_test_clock
    from subscriptions.operations.attach_to_test_clock import attach_to_test_clock
    from subscriptions.operations.create_test_clock import create_test_clock
    from subscriptions.operations.turn_test_clock import turn_test_clock

    begin = datetime(2026, 1, 1, tzinfo=UTC)
    clock = create_test_clock(merchant_id=merchant_id, test_clock_id=new_id(), frozen_at=begin)
    customer = create_customer(merchant_id=merchant_id, customer_id=new_id(), email="year@example.com")
    attach_to_test_clock(merchant_id=merchant_id, customer_id=customer.id, test_clock_id=clock.id)
    subscription = _subscribe(merchant_id, customer.id)
    for month in range(1, MONTHS + 1):
        at = begin + timedelta(days=31 * month)
        advance_test_clock(merchant_id=merchant_id, test_clock_id=clock.id, target_at=at)
        turn_test_clock(merchant_id=merchant_id, test_clock_id=clock.id)
    made = subscription.invoices.exclude(status="draft").count()
    assert made == MONTHS + 1, f"a year has {MONTHS + 1} invoices, not {made}"


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "payments_site.settings.local")
    print(json.dumps(main(), indent=2))
