"""The official Python SDK pays, is declined, authenticates, captures in parts, cancels and refunds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import stripe

from tests.factories.shop import Shop

pytestmark = pytest.mark.django_db(transaction=True)

PAID = {"amount": 1_000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}


def test_a_payment_is_created_then_confirmed_and_found_everywhere(
    sdk: stripe.StripeClient, shop: Shop
) -> None:
    customer = sdk.v1.customers.create({"email": "ada@example.com", "name": "Ada"})

    created = sdk.v1.payment_intents.create(
        {"amount": 1_000, "currency": "usd", "customer": customer.id, "metadata": {"order": "7"}}
    )
    changed = sdk.v1.payment_intents.update(created.id, {"amount": 1_200, "description": "Two kettles"})
    paid = sdk.v1.payment_intents.confirm(created.id, {"payment_method": "pm_card_visa"})

    assert (created.status, changed.amount) == ("requires_payment_method", 1_200)
    assert (paid.status, paid.amount_received, paid.metadata["order"]) == ("succeeded", 1_200, "7")
    charge = sdk.v1.charges.retrieve(str(paid.latest_charge))
    assert (charge.amount, charge.paid, charge.payment_intent) == (1_200, True, paid.id)
    assert charge.payment_method_details is not None and charge.payment_method_details.card is not None
    assert charge.payment_method_details.card.last4 == "4242"
    (transaction,) = sdk.v1.balance_transactions.list({"source": charge.id}).data
    assert (transaction.amount, transaction.fee, transaction.net) == (1_200, 65, 1_135)
    balance = sdk.v1.balance.retrieve()
    assert [(row.amount, row.currency) for row in balance.pending] == [(1_135, "usd")]
    assert [row.id for row in sdk.v1.payment_intents.list({"customer": customer.id})] == [paid.id]
    assert shop.psp.charges() == 1


def test_a_decline_is_a_card_error_with_the_intent_inside_and_another_card_pays_it(
    sdk: stripe.StripeClient, shop: Shop
) -> None:
    with pytest.raises(stripe.CardError) as refusal:
        sdk.v1.payment_intents.create({**PAID, "payment_method": "pm_card_chargeDeclinedInsufficientFunds"})

    error = refusal.value.error
    assert error is not None and error.payment_intent is not None
    assert (refusal.value.http_status, refusal.value.code) == (402, "card_declined")
    assert error.decline_code == "insufficient_funds"
    assert error.charge == error.payment_intent.latest_charge
    assert error.payment_intent.status == "requires_payment_method"
    declined = sdk.v1.payment_intents.retrieve(error.payment_intent.id)
    assert declined.last_payment_error is not None
    assert declined.last_payment_error.decline_code == "insufficient_funds"
    charge = sdk.v1.charges.retrieve(str(error.charge))
    assert (charge.status, charge.paid, charge.failure_code) == ("failed", False, "card_declined")
    assert shop.psp.charges() == 0

    paid = sdk.v1.payment_intents.confirm(declined.id, {"payment_method": "pm_card_visa"})

    assert (paid.status, paid.last_payment_error) == ("succeeded", None)
    assert [row.status for row in sdk.v1.charges.list({"payment_intent": paid.id})] == ["succeeded", "failed"]
    assert shop.psp.charges() == 1


def test_an_expired_card_has_its_own_code(sdk: stripe.StripeClient) -> None:
    with pytest.raises(stripe.CardError) as refusal:
        sdk.v1.payment_intents.create({**PAID, "payment_method": "pm_card_chargeDeclinedExpiredCard"})

    assert refusal.value.code == "expired_card"


def test_3d_secure_asks_for_the_customer_and_ends_when_the_psp_says_so(
    sdk: stripe.StripeClient, shop: Shop, psp_tells_us: Callable[[str], None]
) -> None:
    asked = sdk.v1.payment_intents.create(
        {
            **PAID,
            "payment_method": "pm_card_threeDSecure2Required",
            "return_url": "https://shop.example.com/done",
        }
    )

    assert (asked.status, asked.amount_received) == ("requires_action", 0)
    assert asked.next_action is not None and asked.next_action.redirect_to_url is not None
    assert asked.next_action.type == "redirect_to_url"
    assert asked.next_action.redirect_to_url.return_url == "https://shop.example.com/done"
    assert shop.psp.charges() == 0

    shop.psp.completes_challenge(str(asked.next_action.redirect_to_url.url))
    psp_tells_us("payment_intent.succeeded")

    paid = sdk.v1.payment_intents.retrieve(asked.id, {"expand": ["latest_charge"]})
    assert (paid.status, paid.next_action, paid.amount_received) == ("succeeded", None, 1_000)
    charge = paid.latest_charge
    assert isinstance(charge, stripe.Charge) and charge.payment_method_details is not None
    assert charge.payment_method_details.card is not None
    assert charge.payment_method_details.card.three_d_secure is not None
    assert charge.payment_method_details.card.three_d_secure.result == "authenticated"


def test_a_failed_challenge_asks_for_another_card(
    sdk: stripe.StripeClient, shop: Shop, psp_tells_us: Callable[[str], None]
) -> None:
    asked = sdk.v1.payment_intents.create(
        {
            **PAID,
            "payment_method": "pm_card_threeDSecure2Required",
            "return_url": "https://shop.example.com/done",
        }
    )
    assert asked.next_action is not None and asked.next_action.redirect_to_url is not None

    shop.psp.fails_challenge(str(asked.next_action.redirect_to_url.url))
    psp_tells_us("payment_intent.payment_failed")

    failed = sdk.v1.payment_intents.retrieve(asked.id)
    assert failed.status == "requires_payment_method"
    assert failed.last_payment_error is not None
    assert failed.last_payment_error.code == "payment_intent_authentication_failure"
    assert shop.psp.charges() == 0


def test_an_authorization_is_captured_in_parts_and_the_rest_released(
    sdk: stripe.StripeClient, shop: Shop
) -> None:
    held = sdk.v1.payment_intents.create({**PAID, "capture_method": "manual"})
    assert (held.status, held.amount_capturable, held.amount_received) == ("requires_capture", 1_000, 0)

    first = sdk.v1.payment_intents.capture(held.id, {"amount_to_capture": 300, "final_capture": False})
    last = sdk.v1.payment_intents.capture(held.id, {"amount_to_capture": 200})

    assert (first.status, first.amount_capturable, first.amount_received) == ("requires_capture", 700, 300)
    assert (last.status, last.amount_capturable, last.amount_received) == ("succeeded", 0, 500)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        sdk.v1.payment_intents.capture(held.id)
    assert refusal.value.code == "payment_intent_unexpected_state"
    assert shop.psp.books()["usd"]["charges_gross_minor"] == 500


def test_an_authorization_is_canceled(sdk: stripe.StripeClient, shop: Shop) -> None:
    held = sdk.v1.payment_intents.create({**PAID, "capture_method": "manual"})

    canceled = sdk.v1.payment_intents.cancel(held.id, {"cancellation_reason": "requested_by_customer"})

    assert (canceled.status, canceled.cancellation_reason) == ("canceled", "requested_by_customer")
    assert canceled.canceled_at is not None
    assert shop.psp.books() == {}
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        sdk.v1.payment_intents.confirm(held.id, {"payment_method": "pm_card_visa"})
    assert refusal.value.code == "payment_intent_unexpected_state"


def test_a_payment_is_refunded_in_parts_and_never_beyond(sdk: stripe.StripeClient, shop: Shop) -> None:
    paid = sdk.v1.payment_intents.create(PAID)

    part = sdk.v1.refunds.create({"payment_intent": paid.id, "amount": 400, "metadata": {"why": "chipped"}})
    with pytest.raises(stripe.InvalidRequestError) as beyond:
        sdk.v1.refunds.create({"payment_intent": paid.id, "amount": 601})
    rest = sdk.v1.refunds.create({"charge": str(paid.latest_charge), "reason": "requested_by_customer"})
    with pytest.raises(stripe.InvalidRequestError) as again:
        sdk.v1.refunds.create({"payment_intent": paid.id})

    assert (part.amount, part.status, rest.amount, rest.status) == (400, "succeeded", 600, "succeeded")
    assert (beyond.value.code, again.value.code) == ("refund_exceeds_captured", "charge_already_refunded")
    charge = sdk.v1.charges.retrieve(str(paid.latest_charge), {"expand": ["refunds"]})
    assert (charge.amount_refunded, charge.refunded) == (1_000, True)
    assert charge.refunds is not None and [row.id for row in charge.refunds] == [rest.id, part.id]
    renamed = sdk.v1.refunds.update(part.id, {"metadata": {"why": "", "ticket": "9"}})
    assert renamed.metadata is not None and renamed.metadata.to_dict() == {"ticket": "9"}
    assert shop.psp.refunds() == 2


def test_a_refund_that_the_bank_returns_is_shown_as_failed(
    sdk: stripe.StripeClient, shop: Shop, psp_tells_us: Callable[[str], None]
) -> None:
    paid = sdk.v1.payment_intents.create({**PAID, "payment_method": "pm_card_refundFail"})
    refund = sdk.v1.refunds.create({"payment_intent": paid.id})

    shop.psp.time_passes(seconds=60)
    psp_tells_us("refund.failed")

    failed = sdk.v1.refunds.retrieve(refund.id, {"expand": ["failure_balance_transaction"]})
    assert (refund.status, failed.status) == ("succeeded", "failed")
    returned = failed.failure_balance_transaction
    assert isinstance(returned, stripe.BalanceTransaction) and returned.amount == 1_000


def test_a_card_is_set_up_once_and_charged_off_session_later(sdk: stripe.StripeClient) -> None:
    customer = sdk.v1.customers.create({"name": "Ada"})
    method = sdk.v1.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}})
    sdk.v1.payment_methods.attach(method.id, {"customer": customer.id})

    setup = sdk.v1.setup_intents.create(
        {"customer": customer.id, "payment_method": method.id, "confirm": True, "usage": "off_session"}
    )
    listed = sdk.v1.customers.payment_methods.list(customer.id, {"type": "card"})
    charged = sdk.v1.payment_intents.create(
        {**PAID, "customer": customer.id, "payment_method": str(setup.payment_method), "off_session": True}
    )
    detached = sdk.v1.payment_methods.detach(str(setup.payment_method))

    assert (setup.status, setup.usage) == ("succeeded", "off_session")
    assert [row.id for row in listed] == [setup.payment_method]
    assert charged.status == "succeeded"
    assert detached.customer is None


def test_a_bank_account_is_made_a_payment_method_and_debited(sdk: stripe.StripeClient) -> None:
    method = sdk.v1.payment_methods.create(
        {
            "type": "sepa_debit",
            "sepa_debit": {"iban": "DE89370400440532013000"},
            "billing_details": {"name": "Ada Lovelace", "email": "ada@example.com"},
        }
    )
    assert method.sepa_debit is not None
    assert (method.sepa_debit.last4, method.sepa_debit.country) == ("3000", "DE")

    debited = sdk.v1.payment_intents.create(
        {"amount": 1_000, "currency": "eur", "payment_method": method.id, "confirm": True}
    )

    assert debited.status == "processing"


@pytest.mark.parametrize(
    ("kind", "details"),
    [("ideal", {"bank": "ing"}), ("upi", {}), ("klarna", {})],
)
def test_a_method_with_a_page_of_its_own_sends_the_customer_there(
    sdk: stripe.StripeClient, kind: str, details: dict[str, str]
) -> None:
    billing = {"email": "ada@example.com", "address": {"country": "DE"}}
    params: Any = {"type": kind, kind: details, "billing_details": billing}
    method = sdk.v1.payment_methods.create(params)

    intent = sdk.v1.payment_intents.create(
        {
            "amount": 1_000,
            "currency": "inr" if kind == "upi" else "eur",
            "payment_method": method.id,
            "confirm": True,
            "return_url": "https://shop.example.com/done",
        }
    )

    assert (method.type, intent.status) == (kind, "requires_action")


def test_a_wrong_account_is_refused_by_the_name_of_its_parameter(sdk: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk.v1.payment_methods.create(
            {
                "type": "sepa_debit",
                "sepa_debit": {"iban": "DE00370400440532013000"},
                "billing_details": {"name": "Ada Lovelace", "email": "ada@example.com"},
            }
        )

    assert (refused.value.code, refused.value.param) == ("invalid_bank_account_iban", "sepa_debit[iban]")
