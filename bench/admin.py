"""Server time of the back office's pages with a hundred thousand payments: the list, filters, search, a payment.

The rows are copies of one, spread over half a year and several states, and made by SQL in the bench's own database.
A request goes through Django's test client: middleware, permissions, queries and templates, but no network.
"""

from __future__ import annotations

import logging
import os
import statistics
from time import perf_counter, thread_time
from typing import Any
from uuid import UUID

PAYMENTS = 100_000
CUSTOMERS = 5_000
SECONDS_BETWEEN = 155
REQUESTS = 20
LIST = "/admin/payments/paymentintent/"

COPY_CUSTOMERS = """
INSERT INTO payments_customer
SELECT (jsonb_populate_record(one, jsonb_build_object(
    'id', uuidv7(), 'name', 'Customer ' || n, 'email', 'customer' || n || '@example.com'))).*
FROM payments_customer one, generate_series(1, %(customers)s) n WHERE one.id = %(customer)s
"""
# One statement for both: each of the two rows refers to the other.
COPY_PAYMENTS = """
WITH numbered AS (
    SELECT id, email, row_number() OVER (ORDER BY id) AS number FROM payments_customer WHERE merchant_id = %(merchant)s
), spread AS (
    SELECT n, make_interval(secs => (%(payments)s - n + 1) * %(seconds)s) AS ago, numbered.id AS customer, email,
        CASE WHEN n %% 20 = 0 THEN 'requires_payment_method' WHEN n %% 50 = 1 THEN 'requires_capture'
             ELSE 'succeeded' END AS status
    FROM generate_series(1, %(payments)s) n JOIN numbered ON numbered.number = 1 + n %% %(customers)s
), dated AS (
    SELECT *, uuidv7(-ago) AS id, clock_timestamp() - ago AS made FROM spread
), intent AS (INSERT INTO payments_paymentintent
SELECT (jsonb_populate_record(one, jsonb_build_object(
    'id', dated.id, 'customer_id', customer, 'status', dated.status, 'amount_minor', 100 + n %% 50000,
    'latest_attempt_id', dated.id, 'created_at', made, 'metadata', jsonb_build_object('order', (500000 + n)::text),
    'search_text', 'order ' || (500000 + n) || ' ' || email || ' 4242'))).*
FROM payments_paymentintent one, dated WHERE one.id = %(payment)s RETURNING *)
INSERT INTO payments_paymentattempt
SELECT (jsonb_populate_record(one, jsonb_build_object(
    'id', intent.id, 'payment_intent_id', intent.id, 'amount_minor', intent.amount_minor,
    'psp_key', intent.id::text, 'psp_reference', 'pi_' || intent.id, 'created_at', intent.created_at,
    'status', CASE intent.status WHEN 'requires_payment_method' THEN 'declined'
                                 WHEN 'requires_capture' THEN 'authorized' ELSE 'succeeded' END))).*
FROM payments_paymentattempt one, intent WHERE one.id = %(payment)s
"""
TABLES = ("payments_customer", "payments_paymentintent", "payments_paymentattempt")


def main() -> dict[str, Any]:
    """Median and slowest milliseconds and SQL statements of each page, and what the rows took to make."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "payments_site.settings.local")
    merchant_id = _merchant()
    started = perf_counter()
    newest = _fill(merchant_id)
    filled_in = perf_counter() - started
    client = _client(merchant_id)
    pages = {
        "list": LIST,
        "list_of_status_and_date": f"{LIST}?status=succeeded&created=30d&amount_from=100&currency=usd",
        "list_of_declined": f"{LIST}?status=declined",
        "search_order": f"{LIST}?q={500_000 + PAYMENTS // 2}",
        "search_email": f"{LIST}?q=customer77@example.com",
        "search_everywhere": "/admin/search/?s=customer77%40example.com&extended=1",
        "search_customer": "/admin/payments/customer/?q=customer77",
        "home": "/admin/",
        "payment": f"{LIST}{newest}/change/",
    }
    # A line of the log for each request would bury the table.
    logging.disable(logging.INFO)
    measured = {name: _measure(client, address) for name, address in pages.items()}
    logging.disable(logging.NOTSET)
    return {"payments": PAYMENTS, "fill_seconds": round(filled_in, 1), "pages": measured}


def _merchant() -> UUID:
    from foundation.tenancy.operations import create_merchant

    return create_merchant(name="Bench of the back office", currency="usd").id


def _fill(merchant_id: UUID) -> UUID:
    """Copies of one payment. Returns the newest payment's id."""
    from django.db import connection, transaction

    from foundation.rights.owner import connected_as_owner

    payment_id, customer_id = _first_payment(merchant_id)
    parameters = {
        "merchant": merchant_id,
        "payment": payment_id,
        "customer": customer_id,
        "payments": PAYMENTS,
        "customers": CUSTOMERS,
        "seconds": SECONDS_BETWEEN,
    }
    with connected_as_owner(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        # Nobody audits copies: with the audit triggers the filling would take three times as long.
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in (COPY_CUSTOMERS, COPY_PAYMENTS):
            cursor.execute(statement, parameters)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    with connected_as_owner(), connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        for table in TABLES:
            cursor.execute(f"VACUUM ANALYZE {table}")
        cursor.execute(
            "SELECT id FROM payments_paymentintent WHERE merchant_id = %s AND status = 'succeeded' "
            "ORDER BY id DESC LIMIT 1",
            [merchant_id],
        )
        return cursor.fetchone()[0]


def _first_payment(merchant_id: UUID) -> tuple[UUID, UUID]:
    from foundation.ids import new_id
    from payments.models import Customer, PaymentAttempt, PaymentIntent, PaymentMethod
    from payments.operations.create_psp_account import create_psp_account

    account = create_psp_account(
        merchant_id=merchant_id,
        psp="stripe",
        name="Bench",
        secret_key="sk_test_bench",
        webhook_secret="whsec_x",
    )
    owned = {"merchant_id": merchant_id}
    customer = Customer(**owned, name="The first", email="first@example.com")
    customer.save(force_insert=True)
    method = PaymentMethod(**owned, customer=customer, brand="visa", last4="4242", exp_month=4, exp_year=2030)
    method.save(force_insert=True)
    intent = PaymentIntent(
        **owned, id=new_id(), customer=customer, payment_method=method, amount_minor=4_200, currency="usd"
    )
    intent.save(force_insert=True)
    PaymentAttempt(
        **owned,
        id=intent.id,
        payment_intent=intent,
        ordinal=1,
        psp_account=account,
        payment_method=method,
        amount_minor=4_200,
        currency="usd",
        capture_method="automatic",
        psp_key=str(intent.id),
    ).save(force_insert=True)
    return intent.id, customer.id


def _client(merchant_id: UUID) -> Any:
    from django.conf import settings
    from django.test import Client

    from foundation.tenancy.staff import create_staff

    settings.ALLOWED_HOSTS = ["*"]
    staff = create_staff(
        username=f"bench-{merchant_id.hex[-8:]}",
        role="auditor",
        password=merchant_id.hex,
        merchant_ids=[merchant_id],
    )
    client = Client()
    client.force_login(staff)
    return client


def _measure(client: Any, address: str) -> dict[str, float]:
    from django.db import connection

    statements = 0

    def counted(execute: Any, *arguments: Any) -> Any:
        nonlocal statements
        statements += 1
        return execute(*arguments)

    with connection.execute_wrapper(counted):
        answer = client.get(address)
    if answer.status_code != 200:
        raise SystemExit(f"{address} answered {answer.status_code}")
    took, worked = [], []
    for _ in range(REQUESTS):
        begun, working = perf_counter(), thread_time()
        client.get(address)
        took.append((perf_counter() - begun) * 1_000)
        worked.append((thread_time() - working) * 1_000)
    return {
        "p50_ms": round(statistics.median(took), 1),
        "slowest_ms": round(max(took), 1),
        # What Django itself worked, whatever else the machine does; PostgreSQL's part is not in it.
        "cpu_ms": round(statistics.median(worked), 1),
        "sql_statements": statements,
    }
