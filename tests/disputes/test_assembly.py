"""The pack fills itself from our own history, and invents nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from disputes.assembly import assemble_texts
from foundation.money import Money
from payments.queries.purchases import PurchaseFacts, RefundFact

MADE = datetime(2026, 11, 1, 12, tzinfo=UTC)
PURCHASE = PurchaseFacts(
    attempt_id=UUID(int=1),
    charge="ch_1",
    payment_intent="pi_1",
    made_at=MADE,
    amount=Money(1_000, "usd"),
    captured=Money(1_000, "usd"),
    description="Two pots of tea",
    customer_name="Ada",
    customer_email="ada@example.com",
    billing_address={"line1": "1 High Street", "city": "York", "country": "GB"},
    shipping={"address": {"line1": "2 Low Street"}, "carrier": "DHL", "tracking_number": "T1"},
    brand="visa",
    last4="4242",
    card_facts={"cvc_check": "pass"},
    authorization_code="A1",
    refunds=(RefundFact("re_1", Money(200, "usd"), MADE + timedelta(days=1), "succeeded"),),
)


def _assembled(purchase: PurchaseFacts = PURCHASE, **fields: object) -> dict[str, str]:
    given = {"category": "fraudulent", "earlier": [], "twin": None, "policies": {}, **fields}
    return assemble_texts(purchase, **given)  # type: ignore[arg-type]


def test_what_we_know_is_filled_in() -> None:
    found = _assembled(policies={"refund": "Within 30 days."})

    assert found == {
        "billing_address": "1 High Street, York, GB",
        "customer_email_address": "ada@example.com",
        "customer_name": "Ada",
        "product_description": "Two pots of tea",
        "refund_policy_disclosure": "Within 30 days.",
        "shipping_address": "2 Low Street",
        "shipping_carrier": "DHL",
        "shipping_tracking_number": "T1",
        "uncategorized_text": (
            "Paid 10.00 USD on 2026-11-01 12:00 UTC with visa ending 4242 (charge ch_1).\n"
            "Security code: pass.\n"
            "The issuer authorized it under code A1.\n"
            "Refunded 2.00 USD on 2026-11-02 (re_1)."
        ),
    }


def test_what_the_product_service_posted_wins() -> None:
    posted = {"customer_purchase_ip": "203.0.113.7", "customer_name": "Ada L.", "order": "17"}

    found = _assembled(replace(PURCHASE, metadata=posted))

    assert (found["customer_purchase_ip"], found["customer_name"]) == ("203.0.113.7", "Ada L.")
    assert "order" not in found


def test_disputed_payments_are_no_history() -> None:
    earlier = [replace(PURCHASE, charge="ch_2", is_disputed=True), replace(PURCHASE, charge="ch_3")]

    told = _assembled(earlier=earlier)["uncategorized_text"]

    assert "ch_3" in told
    assert "ch_2" not in told


def test_twin_is_named_only_where_the_claim_is_of_paying_twice() -> None:
    twin = replace(PURCHASE, charge="ch_9")

    assert _assembled(category="duplicate", twin=twin)["duplicate_charge_id"] == "ch_9"
    assert "duplicate_charge_id" not in _assembled(twin=twin)
