"""A network's card updater: the payment method follows the card, once, with evidence and an event."""

from __future__ import annotations

from typing import Any

import pytest

from foundation.audit.models import AuditEvent
from foundation.ids import new_id
from foundation.jobs.inline import run_due_jobs
from payments.models import PaymentMethod, PspToken, PspWebhook
from payments.operations.attach_payment_method import attach_payment_method
from payments.operations.create_customer import create_customer
from payments.operations.update_replaced_card import update_replaced_card
from payments.psp.outcomes import CardFacts
from payments.queries.psp_orders import open_token
from tests.factories.psp_news import tell
from tests.factories.shop import Shop

EVENT = "payment_method.automatically_updated"


@pytest.fixture
def kept(shop: Shop) -> PspToken:
    """The token of a card that is saved with a customer at the PSP."""
    customer = create_customer(merchant_id=shop.id, customer_id=new_id())
    method = shop.method()
    attach_payment_method(merchant_id=shop.id, payment_method_id=method.id, customer_id=customer.id)
    return PspToken.objects.for_merchant(shop.id).get(payment_method_id=method.id)


def news(token: PspToken, *, event_id: str = "evt_updated", **shape: Any) -> dict[str, Any]:
    card = {"brand": "visa", "last4": "1881", "exp_month": 12, "exp_year": 2031, "fingerprint": "new"}
    body = {
        "id": open_token(token),
        "object": "payment_method",
        "type": "card",
        "customer": token.psp_customer_reference,
        "card": card,
    } | shape
    return {"id": event_id, "object": "event", "type": EVENT, "data": {"object": body}}


def method_of(shop: Shop, token: PspToken) -> PaymentMethod:
    return PaymentMethod.objects.for_merchant(shop.id).get(pk=token.payment_method_id)


def test_the_method_takes_over_the_new_card_and_says_so_once(shop: Shop, kept: PspToken) -> None:
    before = method_of(shop, kept)
    assert (before.last4, shop.events().count(EVENT)) == ("4242", 0)

    tell(shop, news(kept), news(kept, event_id="evt_again"))
    run_due_jobs()

    after = method_of(shop, kept)
    assert (after.last4, after.exp_month, after.exp_year, after.fingerprint) == ("1881", 12, 2031, "new")
    assert shop.events().count(EVENT) == 1
    kept_change = AuditEvent.objects.filter(
        table_name="payments_paymentmethod", row_id=str(after.id), operation="UPDATE"
    ).latest("id")
    assert (kept_change.before["last4"], kept_change.after["last4"]) == ("4242", "1881")
    results = (
        PspWebhook.objects.for_merchant(shop.id).order_by("received_at").values_list("result", flat=True)
    )
    assert sorted(results) == ["known", "recorded"]


def test_a_replaced_token_is_the_one_that_is_charged_from_now_on(shop: Shop, kept: PspToken) -> None:
    arguments: dict[str, Any] = {
        "merchant_id": shop.id,
        "psp_account_id": shop.account.id,
        "token": open_token(kept),
        "psp_customer_reference": kept.psp_customer_reference,
        "card": CardFacts(exp_year=2032),
        "new_token": "pm_replaced",
    }

    first, second = update_replaced_card(**arguments), update_replaced_card(**arguments)

    assert (first, second) == (True, False)
    kept.refresh_from_db()
    assert open_token(kept) == "pm_replaced"
    assert method_of(shop, kept).exp_year == 2032
    assert shop.events().count(EVENT) == 1


@pytest.mark.parametrize("shape", [{"id": "pm_of_nobody"}, {"customer": "cus_of_nobody"}, {"customer": None}])
def test_a_card_that_is_none_of_ours_changes_nothing(
    shop: Shop, kept: PspToken, shape: dict[str, Any]
) -> None:
    before = shop.events()

    tell(shop, news(kept, **shape))
    run_due_jobs()

    assert method_of(shop, kept).last4 == "4242"
    assert shop.events() == before
    assert PspWebhook.objects.for_merchant(shop.id).get().result == "not_ours"
