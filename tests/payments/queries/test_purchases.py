"""What is looked for among a card's charges is found by the card's fingerprint, not by reading every card."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from payments.queries.purchases import find_twin_purchase, list_earlier_purchases
from tests.factories.owner import as_owner, past_the_triggers
from tests.factories.shop import Shop

OTHERS = 3_000
OTHER_CARDS = """
WITH copied AS (
    INSERT INTO payments_paymentmethod
    SELECT (jsonb_populate_record(one, jsonb_build_object('id', uuidv7(), 'fingerprint', 'card' || n))).*
    FROM payments_paymentmethod one, generate_series(1, %(others)s) n WHERE one.id = %(method)s RETURNING id
), intent AS (
    INSERT INTO payments_paymentintent
    SELECT (jsonb_populate_record(one, jsonb_build_object('id', copied.id, 'payment_method_id', copied.id))).*
    FROM payments_paymentintent one, copied WHERE one.id = %(intent)s
)
INSERT INTO payments_paymentattempt
SELECT (jsonb_populate_record(one, jsonb_build_object(
    'id', copied.id, 'payment_intent_id', copied.id, 'payment_method_id', copied.id, 'psp_key', copied.id::text))).*
FROM payments_paymentattempt one, copied WHERE one.id = %(attempt)s
"""


@pytest.mark.parametrize(
    ("search", "asked"),
    [
        (list_earlier_purchases, {"not_older_than": timedelta(days=364)}),
        (find_twin_purchase, {"within": timedelta(days=14)}),
    ],
)
def test_charges_of_a_card_are_found_by_its_fingerprint(
    shop: Shop, search: Any, asked: dict[str, Any]
) -> None:
    earlier = shop.attempt(shop.pays(1_000))
    attempt = shop.attempt(shop.pays(1_000))
    copy = {"others": OTHERS, "method": attempt.payment_method_id, "attempt": attempt.id}
    copy["intent"] = attempt.payment_intent_id
    past_the_triggers(OTHER_CARDS, copy)
    with as_owner() as cursor:
        cursor.execute("ANALYZE payments_paymentmethod, payments_paymentattempt, payments_paymentintent")

    with CaptureQueriesContext(connection) as captured:
        found = search(merchant_id=shop.id, attempt_id=attempt.id, **asked)
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + captured.captured_queries[-1]["sql"])
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert "payment_method_fingerprint" in plan, plan
    assert "Seq Scan on payments_paymentattempt" not in plan, plan
    charges = [one.charge for one in (found if isinstance(found, list) else [found])]
    assert charges == [earlier.public_id]
