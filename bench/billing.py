"""Subscriptions due at one instant: beat's ticks, drafts by two processes, their memory; and billing's arithmetic.

The subscriptions are copies of one, made by SQL in a database of its own, all due at the same instant. Two processes
run the renewals that beat has claimed, as two billing workers do; the broker between them is left out. Then an invoice
of ten lines is reckoned and a change is prorated, in one process without a database; and a year passes for one
subscription on a test clock. Run alone: `python -m bench.billing` with DATABASE_URL set. BENCH_SUBSCRIPTIONS sets the
size.
"""

from __future__ import annotations

import json
import logging
import os
import resource
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from multiprocessing import get_context
from time import perf_counter
from typing import Any
from uuid import UUID

SUBSCRIPTIONS = int(os.environ.get("BENCH_SUBSCRIPTIONS", "100000"))
PROCESSES = 2
CHUNK = 50
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
    from django.db import connection, transaction

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
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0; SET LOCAL session_replication_role = replica")
        for statement in COPY:
            cursor.execute(statement, named)
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        for table in TABLES:
            cursor.execute(f"VACUUM ANALYZE {table}")
        cursor.execute("RESET statement_timeout")


def _renew_all() -> dict[str, Any]:
    """Beat claims a batch, two processes renew it, until nothing is due."""
    from django.db import connection

    from subscriptions.models import Invoice, InvoiceReason
    from subscriptions.operations.claim_due_renewals import claim_due_renewals

    connection.close()
    ticks: list[float] = []
    memory: list[int] = []
    drafts = Invoice.across_merchants.filter(reason=InvoiceReason.CYCLE, status="draft")
    started = perf_counter()
    with get_context("fork").Pool(PROCESSES, initializer=_forget_connection) as pool:
        while True:
            claimed: list[int] = []
            ticks.append(_seconds(lambda claimed=claimed: claimed.append(claim_due_renewals())))
            if not claimed[0]:
                break
            leased = _leased()
            chunks = [leased[at : at + CHUNK] for at in range(0, len(leased), CHUNK)]
            memory.append(max(pool.map(_renew, chunks)))
    seconds = perf_counter() - started
    return {
        "drafts": drafts.count(),
        "seconds": round(seconds, 1),
        "drafts_per_second": round(SUBSCRIPTIONS / seconds),
        "slowest_tick_seconds": round(max(ticks), 3),
        "megabytes_of_a_process_at_first": memory[0] // 1_024,
        "megabytes_of_a_process_at_last": memory[-1] // 1_024,
    }


def _leased() -> list[tuple[UUID, UUID]]:
    from subscriptions.models import Subscription

    rows = Subscription.across_merchants.filter(
        lease_ends_at__isnull=False, next_billing_at__lte=datetime.now(UTC)
    )
    return list(rows.values_list("merchant_id", "id"))


def _forget_connection() -> None:
    # A connection of the parent must not be shared by its children.
    from django.db import connections

    connections.close_all()


def _renew(chunk: list[tuple[UUID, UUID]]) -> int:
    """The most memory that this process has had, in kilobytes."""
    from subscriptions.operations.renew_subscription import renew_subscription

    for merchant_id, subscription_id in chunk:
        renew_subscription(merchant_id=merchant_id, subscription_id=subscription_id)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


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
