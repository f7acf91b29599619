"""Disputes: 200 a minute by webhook, and server time of the agent's pages with a hundred thousand of them: the queue,
its tabs, sorting, search, a dispute, its evidence, monitoring; and which indexes find a card's earlier charges.

The rows are copies of one, spread over a year, networks and states, and made by SQL in the bench's own database:
`DISPUTES=20000 ARGS=disputes make bench` makes fewer. A request goes through Django's test client: middleware,
permissions, queries and templates, but no network.
"""

from __future__ import annotations

import logging
import os
from time import perf_counter
from typing import Any
from uuid import UUID

from bench import dispute_webhooks
from bench.admin import _client, _first_payment, _measure, _merchant

DISPUTES = int(os.environ.get("DISPUTES", "100000"))
QUEUE = "/admin/disputes/dispute/"

# Five charges of each card: what compelling evidence looks for among all others.
COPY_METHODS = """
INSERT INTO payments_paymentmethod
SELECT (jsonb_populate_record(one, jsonb_build_object('id', uuidv7(), 'fingerprint', 'card' || n))).*
FROM payments_paymentmethod one, generate_series(1, %(disputes)s / 5) n
WHERE one.id = (SELECT payment_method_id FROM payments_paymentattempt WHERE id = %(payment)s)
"""
# A payment for each dispute.
COPY_PAYMENTS = """
WITH dated AS (
    SELECT n, uuidv7(make_interval(secs => -(%(disputes)s - n + 1) * 300)) AS id,
        clock_timestamp() - make_interval(secs => (%(disputes)s - n + 1) * 300) AS made
    FROM generate_series(1, %(disputes)s) n
), card AS (
    SELECT id AS card_id, substr(fingerprint, 5)::int AS number FROM payments_paymentmethod
    WHERE merchant_id = %(merchant)s AND fingerprint <> ''
), intent AS (INSERT INTO payments_paymentintent
SELECT (jsonb_populate_record(one, jsonb_build_object(
    'id', dated.id, 'payment_method_id', card_id, 'status', 'succeeded',
    'amount_minor', 100 + n %% 50000, 'latest_attempt_id', dated.id,
    'created_at', made, 'customer_id', NULL, 'metadata', jsonb_build_object('order', (500000 + n)::text),
    'search_text', 'order ' || (500000 + n) || ' buyer' || n || '@example.com 4242'))).*
FROM payments_paymentintent one, dated JOIN card ON card.number = 1 + n %% (%(disputes)s / 5)
WHERE one.id = %(payment)s RETURNING *)
INSERT INTO payments_paymentattempt
SELECT (jsonb_populate_record(one, jsonb_build_object(
    'id', intent.id, 'payment_intent_id', intent.id, 'payment_method_id', intent.payment_method_id,
    'amount_minor', intent.amount_minor,
    'amount_captured_minor', intent.amount_minor, 'psp_key', intent.id::text, 'psp_reference', 'pi_' || intent.id,
    'created_at', intent.created_at, 'status', 'succeeded', 'is_disputed', true))).*
FROM payments_paymentattempt one, intent WHERE one.id = %(payment)s
"""
COPY_DISPUTES = """
WITH numbered AS (
    SELECT id, amount_minor AS charged, created_at AS made, row_number() OVER (ORDER BY id) AS n
    FROM payments_paymentattempt WHERE merchant_id = %(merchant)s AND id <> %(payment)s
), spread AS (
    SELECT *, CASE WHEN n %% 100 < %(unanswered)s THEN 'needs_response' WHEN n %% 4 = 0 THEN 'under_review'
                   WHEN n %% 3 = 0 THEN 'won' ELSE 'lost' END AS status FROM numbered
)
INSERT INTO disputes_dispute
SELECT (jsonb_populate_record(one, jsonb_build_object(
    'id', uuidv7(made - clock_timestamp()), 'payment_intent_id', spread.id, 'attempt_id', spread.id,
    'psp_reference', 'du_' || spread.id, 'status', spread.status, 'amount_minor', charged,
    'network', (ARRAY['visa', 'mastercard', 'amex'])[1 + n %% 3],
    'network_reason_code', (ARRAY['10.4', '4837', 'C08'])[1 + n %% 3],
    'evidence_due_at', clock_timestamp() + make_interval(mins => n::int %% 25000),
    'evidence', jsonb_build_object('uncategorized_text', repeat('We delivered. ', 100)),
    'assigned_to', CASE WHEN n %% 200 = 0 THEN 'somebody' ELSE '' END,
    'submission_count', CASE WHEN spread.status IN ('won', 'lost') THEN n %% 2 ELSE 0 END,
    'closed_by', CASE WHEN spread.status IN ('won', 'lost') THEN 'network' ELSE '' END,
    'closed_at', CASE WHEN spread.status IN ('won', 'lost') THEN made + interval '60 days' END,
    'opened_at', made, 'told_at', made, 'created_at', made))).*
FROM disputes_dispute one, spread WHERE one.id = %(dispute)s
"""
TABLES = ("payments_paymentmethod", "payments_paymentintent", "payments_paymentattempt", "disputes_dispute")


def main() -> dict[str, Any]:
    """Median and slowest milliseconds and SQL statements of each page, and what the rows took to make."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "payments_site.settings.local")
    # The worst morning first: nobody has answered any. Then the usual one: one in twenty waits.
    return {
        "by_webhook": dispute_webhooks.main(),
        "disputes": DISPUTES,
        "all_unanswered": _measured(100),
        "one_in_twenty_unanswered": _measured(5),
    }


def _measured(unanswered_percent: int) -> dict[str, Any]:
    merchant_id = _merchant()
    started = perf_counter()
    dispute_id = _fill(merchant_id, unanswered_percent)
    filled_in = perf_counter() - started
    client = _client(merchant_id)
    pages = {
        "queue": QUEUE,
        "queue_by_value": f"{QUEUE}?o=-3",
        "all_page_50": f"{QUEUE}?tab=all&p=50",
        "due_within_a_day": f"{QUEUE}?due=1d&reason=fraudulent&network=visa",
        "mine": f"{QUEUE}?tab=mine",
        "under_review": f"{QUEUE}?tab=review",
        "closed": f"{QUEUE}?tab=closed",
        "all": f"{QUEUE}?tab=all",
        "ended_and_won": f"{QUEUE}?ended=won&closed=90",
        "search_order": f"{QUEUE}?q={500_000 + DISPUTES // 2}",
        "search_mail": f"{QUEUE}?q=buyer77@example.com",
        "home": "/admin/",
        "dispute": f"{QUEUE}{dispute_id}/change/",
        "evidence": f"{QUEUE}{dispute_id}/evidence/",
        "monitoring": "/admin/disputes/monitoringfigure/?days=365",
    }
    # A line of the log for each request would bury the table.
    logging.disable(logging.INFO)
    measured = {name: _measure(client, address) for name, address in pages.items()}
    logging.disable(logging.NOTSET)
    return {
        "fill_seconds": round(filled_in, 1),
        "pages": measured,
        "earlier_charges": _earlier_charges(merchant_id, dispute_id),
    }


def _earlier_charges(merchant_id: UUID, dispute_id: UUID) -> dict[str, Any]:
    """What the search of compelling evidence costs, and the indexes it goes by."""
    import json

    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from disputes.compelling_evidence import MAX_AGE
    from disputes.queries.disputes import get_dispute
    from payments.queries.purchases import list_earlier_purchases

    dispute = get_dispute(merchant_id=merchant_id, dispute_id=dispute_id)
    asked = {"merchant_id": merchant_id, "attempt_id": dispute.attempt_id, "not_older_than": MAX_AGE}
    with CaptureQueriesContext(connection) as captured:
        found = list_earlier_purchases(**asked)
    started = perf_counter()
    list_earlier_purchases(**asked)
    took = (perf_counter() - started) * 1_000
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (FORMAT JSON) " + captured.captured_queries[-1]["sql"])
        plan = cursor.fetchone()[0]
    plan = plan if isinstance(plan, list) else json.loads(plan)
    return {
        "found": len(found),
        "ms": round(took, 1),
        "indexes": ", ".join(sorted(set(_indexes(plan[0]["Plan"])))),
    }


def _indexes(node: dict[str, Any]) -> list[str]:
    named = [node["Index Name"]] if "Index Name" in node else []
    scanned = [f"ALL OF {node['Relation Name']}"] if node["Node Type"] == "Seq Scan" else []
    return [*named, *scanned, *(name for part in node.get("Plans", []) for name in _indexes(part))]


def _fill(merchant_id: UUID, unanswered_percent: int) -> UUID:
    """Copies of one dispute and its payment. Returns the newest dispute's id."""
    from django.db import connection, transaction

    from foundation.rights.owner import connected_as_owner

    payment_id, _ = _first_payment(merchant_id)
    parameters = {
        "merchant": merchant_id,
        "payment": payment_id,
        "dispute": _first_dispute(merchant_id, payment_id),
        "disputes": DISPUTES,
        "unanswered": unanswered_percent,
    }
    with connected_as_owner(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        # Nobody audits copies: with the audit triggers the filling would take three times as long.
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in (COPY_METHODS, COPY_PAYMENTS, COPY_DISPUTES):
            cursor.execute(statement, parameters)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    with connected_as_owner(), connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        for table in TABLES:
            cursor.execute(f"VACUUM ANALYZE {table}")
        cursor.execute(
            # Not the one that was copied: its card has no fingerprint, and nothing to look for.
            "SELECT id FROM disputes_dispute WHERE merchant_id = %s AND status = 'needs_response' AND id <> %s "
            "ORDER BY id DESC LIMIT 1",
            [merchant_id, parameters["dispute"]],
        )
        return cursor.fetchone()[0]


def _first_dispute(merchant_id: UUID, payment_id: UUID) -> UUID:
    from datetime import timedelta

    from disputes.operations.record_dispute_report import record_dispute_report
    from foundation import clock
    from foundation.money import Money
    from payments.psp.disputes import DisputeNews

    now = clock.now()
    news = DisputeNews(
        psp_reference="du_first",
        status="needs_response",
        stage="chargeback",
        amount=Money(4_200, "usd"),
        reason="fraudulent",
        network="visa",
        network_reason_code="10.4",
        evidence_due_at=now + timedelta(days=9),
        opened_at=now,
        told_at=now,
    )
    return record_dispute_report(merchant_id=merchant_id, attempt_id=payment_id, news=news).id
