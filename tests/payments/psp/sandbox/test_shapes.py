"""Every shape the sandbox answers with, against the schema derived from Stripe's published types."""

import importlib.util
import io
import json
from pathlib import Path

import pytest
import stripe

SHAPES = Path(__file__).resolve().parents[5] / "shared" / "tools" / "stripe_shapes" / "validate_stripe.py"


@pytest.fixture(scope="module")
def checker():
    if not SHAPES.exists():
        pytest.skip(f"the schema of Stripe's types is not here: {SHAPES}")
    spec = importlib.util.spec_from_file_location("validate_stripe", SHAPES)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Checker()


@pytest.fixture
def findings(checker):
    """What the schema says against an object; an empty list when nothing."""

    def find(answer):
        body = answer if isinstance(answer, dict) else json.loads(str(answer))
        found = checker.errors(body)
        if set(body) == {"error"}:
            for name in ("payment_intent", "payment_method", "setup_intent"):
                found += checker.errors(body["error"][name]) if name in body["error"] else []
        return found

    return find


def test_every_object_of_a_payments_life(client, plain, findings, pay, pay_out):
    customer = client.v1.customers.create(
        {"email": "a@example.com", "name": "A", "address": {"city": "Graz"}, "metadata": {"ours": "c1"}}
    )
    setup = client.v1.setup_intents.create(
        {"customer": customer.id, "payment_method": "pm_card_visa", "confirm": True}
    )
    challenged = pay(payment_method="pm_card_threeDSecure2Required", return_url="https://shop.example/")
    plain("POST", f"/3ds/{challenged.id}/complete")
    authorized = pay(
        customer=customer.id,
        payment_method=setup.payment_method,
        capture_method="manual",
        off_session=True,
        description="Order 7",
        shipping={"name": "A", "address": {"line1": "Street 1", "country": "AT"}},
        automatic_payment_methods={"enabled": True, "allow_redirects": "never"},
        payment_method_options={
            "card": {
                "request_multicapture": "if_available",
                "request_incremental_authorization": "if_available",
            }
        },
    )
    (payout,) = pay_out(arrival_seconds=60)
    pay()
    (returned,) = pay_out(fails=True)
    answers = [
        customer,
        setup,
        client.v1.customers.update(customer.id, {"description": "x"}),
        challenged,
        authorized,
        client.v1.payment_intents.increment_authorization(authorized.id, {"amount": 1500}),
        client.v1.payment_intents.capture(authorized.id, {"amount_to_capture": 500, "final_capture": False}),
        client.v1.payment_intents.capture(
            authorized.id, {"expand": ["latest_charge.balance_transaction", "customer", "payment_method"]}
        ),
        client.v1.payment_intents.cancel(pay(capture_method="manual").id, {"expand": ["latest_charge"]}),
        client.v1.refunds.create({"payment_intent": authorized.id, "amount": 100, "expand": ["charge"]}),
        client.v1.charges.retrieve(authorized.latest_charge, {"expand": ["refunds"]}),
        client.v1.payment_methods.retrieve("pm_card_amex"),
        client.v1.payment_methods.detach(setup.payment_method),
        client.v1.webhook_endpoints.create({"url": "http://127.0.0.1:9/", "enabled_events": ["*"]}),
        client.v1.balance.retrieve(),
        client.v1.payment_intents.list(),
        client.v1.payment_intents.search({"query": "currency:'usd'"}),
        client.v1.charges.list(),
        client.v1.refunds.list(),
        client.v1.setup_intents.list(),
        client.v1.balance_transactions.list(),
        client.v1.payouts.retrieve(payout["id"], {"expand": ["balance_transaction"]}),
        client.v1.payouts.retrieve(returned["id"], {"expand": ["failure_balance_transaction"]}),
        client.v1.payouts.list(),
        client.v1.customers.delete(customer.id),
    ]

    assert [findings(answer) for answer in answers] == [[]] * len(answers)


def test_every_object_of_a_disputes_life(sandbox, plain, findings, pay):
    urls = {"api": sandbox.base_url, "files": sandbox.base_url}
    client = stripe.StripeClient("sk_test_first", base_addresses=urls, max_network_retries=0)
    cards = ("createDispute", "createDisputeInquiry", "createCeDisputeEligible", "createComplianceDispute")
    for card in (*cards, "createIssuerFraudRecord", "sandbox_rapid_resolution"):
        pay(payment_method=f"pm_card_{card}")
    plain("POST", "/sandbox/clock", {"advance_seconds": 61})
    content = io.BytesIO(b"%PDF-1.7")
    content.name = "receipt.pdf"
    file = client.v1.files.create({"purpose": "dispute_evidence", "file": content})
    opened = client.v1.disputes.list({"limit": 10}).data
    evidence = {"receipt": file.id, "uncategorized_text": "winning_evidence"}
    sent = client.v1.disputes.update(opened[-1].id, {"evidence": evidence, "metadata": {"ours": "1"}})
    plain("POST", "/sandbox/clock", {"advance_seconds": 61})
    answers = [
        file,
        sent,
        *opened,
        client.v1.disputes.retrieve(sent.id, {"expand": ["charge", "payment_intent"]}),
        client.v1.disputes.close(opened[1].id),
        client.v1.files.retrieve(file.id),
        client.v1.files.list(),
        client.v1.radar.early_fraud_warnings.list(),
        client.v1.balance_transactions.list({"type": "adjustment"}),
        *client.v1.events.list({"types": ["charge.dispute.*", "radar.*"], "limit": 100}).data,
    ]

    assert len(opened) == 5
    assert [findings(answer) for answer in answers] == [[]] * len(answers)


def test_every_event(client, plain, findings, pay, pay_out):
    held = pay(capture_method="manual")
    client.v1.payment_intents.capture(held.id)
    pay(capture_method="manual")
    client.v1.payment_intents.cancel(pay(capture_method="manual").id)
    returned = pay(payment_method="pm_card_refundFail")
    client.v1.refunds.create({"payment_intent": returned.id})
    challenged = pay(payment_method="pm_card_authenticationRequired", return_url="https://shop.example/")
    plain("POST", f"/3ds/{challenged.id}/fail")
    with pytest.raises(stripe.CardError):
        pay(payment_method="pm_card_chargeDeclinedIncorrectCvc")
    with pytest.raises(stripe.CardError):
        client.v1.setup_intents.create({"payment_method": "pm_card_chargeDeclined", "confirm": True})
    setup = client.v1.setup_intents.create({"payment_method": "pm_card_visa"})
    client.v1.setup_intents.cancel(setup.id)
    customer = client.v1.customers.create({"payment_method": "pm_card_visa"})
    client.v1.setup_intents.create(
        {"payment_method": "pm_card_mastercard", "confirm": True, "customer": customer.id}
    )
    pay_out()
    pay()
    pay_out(fails=True)
    plain("POST", "/sandbox/clock", {"advance_seconds": 8 * 24 * 3600})

    events = list(client.v1.events.list({"limit": 100}).auto_paging_iter())

    assert [(event.type, findings(event)) for event in events] == [(event.type, []) for event in events]
    assert {event.type for event in events} == {
        "charge.captured",
        "charge.expired",
        "charge.failed",
        "charge.refund.updated",
        "charge.refunded",
        "charge.succeeded",
        "customer.created",
        "payment_intent.amount_capturable_updated",
        "payment_intent.canceled",
        "payment_intent.created",
        "payment_intent.payment_failed",
        "payment_intent.requires_action",
        "payment_intent.succeeded",
        "payment_method.attached",
        "payout.created",
        "payout.failed",
        "payout.paid",
        "payout.reconciliation_completed",
        "refund.created",
        "refund.failed",
        "refund.updated",
        "setup_intent.canceled",
        "setup_intent.created",
        "setup_intent.setup_failed",
        "setup_intent.succeeded",
    }


@pytest.mark.parametrize(
    "card",
    [
        "chargeDeclined",
        "chargeDeclinedFraudulent",
        "chargeDeclinedExpiredCard",
        "sandbox_visa_do_not_honor_03",
    ],
)
def test_every_kind_of_error(client, findings, pay, card):
    with pytest.raises(stripe.CardError) as decline:
        pay(payment_method=f"pm_card_{card}")
    with pytest.raises(stripe.InvalidRequestError) as missing:
        client.v1.charges.retrieve("ch_none")

    assert findings(decline.value.json_body) == []
    assert findings(missing.value.json_body) == []
    assert findings(client.v1.charges.list().data[0]) == []
