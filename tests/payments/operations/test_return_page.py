"""A customer who was sent to their bank comes back somewhere, also for a caller that named no page."""

from __future__ import annotations

import pytest
import requests
from django.test import Client

from foundation.ids import new_id
from foundation.money import Money
from payments.models import IntentStatus
from payments.operations.create_payment_intent import create_payment_intent
from payments.operations.execute_attempt import execute_attempt
from tests.factories.shop import Shop


def test_without_a_page_of_the_caller_the_customer_comes_back_to_ours(shop: Shop) -> None:
    created = create_payment_intent(
        merchant_id=shop.id,
        payment_intent_id=new_id(),
        amount=Money(10_00, "usd"),
        payment_method_id=shop.method("pm_card_authenticationRequired").id,
        confirm=True,
    )
    assert created.order is not None

    intent = execute_attempt(merchant_id=shop.id, attempt_id=created.order.attempt_id, order=created.order)
    assert intent.next_action is not None
    challenge = intent.next_action["redirect_to_url"]["url"]
    back = requests.post(f"{challenge}/complete", data={"browser": "1"}, timeout=5, allow_redirects=False)

    assert intent.status == IntentStatus.REQUIRES_ACTION
    assert back.headers["Location"].startswith("http://127.0.0.1:8000/returned?")


@pytest.mark.django_db
def test_the_page_answers_without_a_login() -> None:
    answer = Client().get("/returned")

    assert answer.status_code == 200
    assert b"You can close this page" in answer.content
