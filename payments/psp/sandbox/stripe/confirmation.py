"""Confirming a payment intent: which card, whether the cardholder must prove who they are, and the result.

A decline raises the 402 that the API answers with; what was booked stays booked.
"""

from ..books import Body, Record
from . import bank_payments, shapes
from .call import Call
from .charging import decline, fail_intent, take_payment
from .payment_methods import card_of, from_card_data, refuse_unless_belongs, refuse_unless_usable, resolve
from .refusals import Refusal, error_body, unexpected_state
from .tokens import AUTHENTICATION_REQUIRED, Card

CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
OFF_SESSION_WORDS = ("true", "one_off", "recurring")
CARD_OPTIONS = (
    "request_three_d_secure",
    "request_multicapture",
    "request_incremental_authorization",
    "request_extended_authorization",
    "request_overcapture",
    "require_cvc_recollection",
    "mit_exemption",
)


def choose_method(call: Call, intent: Record) -> None:
    """Take over the payment method and card options that the request names, if any."""
    token = call.text("payment_method")
    given = call.mapping("payment_method_data")
    if token or given:
        method = resolve(call, token) if token else from_card_data(call, given)
        refuse_unless_usable(method)
        refuse_unless_belongs(method, intent.body["customer"])
        intent.body["payment_method"] = method.id
        if intent.body["status"] == "requires_payment_method":
            intent.body["status"] = "requires_confirmation"
    options = call.mapping("payment_method_options").get("card")
    if isinstance(options, dict):
        known = {name: value for name, value in options.items() if name in CARD_OPTIONS and value != ""}
        intent.body["payment_method_options"]["card"] |= known


def confirm(call: Call, intent: Record) -> None:
    """Raises the refusal Stripe gives; declines are booked first."""
    body = intent.body
    if body["status"] not in CONFIRMABLE:
        raise unexpected_state(
            f"You cannot confirm this PaymentIntent because it has already {_past(body['status'])}.",
            payment_intent=body,
        )
    if not body["payment_method"]:
        raise unexpected_state(
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can either "
            "update the PaymentIntent with a payment method and then confirm it again, or confirm it again "
            "directly with a payment method or ConfirmationToken.",
            payment_intent=body,
        )
    method = call.find("payment_methods", body["payment_method"])
    refuse_unless_usable(method)
    refuse_unless_belongs(method, body["customer"])
    body["amount"] = call.orders.amount(body["amount"])
    if call.text("return_url"):
        intent.private["return_url"] = call.text("return_url")
    is_off_session = call.params.get("off_session") in OFF_SESSION_WORDS
    card = card_of(method)
    if card.bank is not None:
        bank_payments.begin(call, intent, method, card)
        if body["last_payment_error"]:
            raise declined(body["last_payment_error"], payment_intent=body)
        return
    if needs_authentication(card, method, body, is_off_session):
        _ask_for_authentication(call, intent, method, is_off_session)
        return
    error = take_payment(call, intent, method, is_authenticated=False)
    if error:
        raise declined(error, payment_intent=body)


def needs_authentication(card: Card, method: Record, intent: Body, is_off_session: bool) -> bool:
    match card.authentication:
        case "always":
            return True
        case "off_session_unless_set_up":
            return not (is_off_session and method.private.get("set_up"))
        case "unless_off_session":
            return not is_off_session
        case "optional":
            asked = intent["payment_method_options"]["card"].get("request_three_d_secure")
            return asked in ("any", "challenge") and not is_off_session
    return False


def settle_authentication(call: Call, intent: Record, *, is_passed: bool) -> None:
    """The cardholder came back from the challenge. Does nothing when the intent no longer waits."""
    if intent.body["status"] != "requires_action":
        return
    method = call.find("payment_methods", intent.body["payment_method"])
    card = card_of(method)
    if is_passed and card.bank is not None:
        bank_payments.proceed(call, intent, method, card)
        return
    if is_passed:
        take_payment(call, intent, method, is_authenticated=True)
        return
    error = error_body(
        "invalid_request_error",
        "The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new "
        "PaymentMethod to attempt to fulfill this PaymentIntent again.",
        code="payment_intent_authentication_failure",
        payment_method=method.body,
    )
    fail_intent(call, intent, error)


def declined(error: Body, **objects: Body) -> Refusal:
    return Refusal(402, error | objects, is_remembered=True, is_booked=True)


def _ask_for_authentication(call: Call, intent: Record, method: Record, is_off_session: bool) -> None:
    if is_off_session:
        error = decline(call, intent, method, AUTHENTICATION_REQUIRED)
        raise declined(error, payment_intent=intent.body)
    if call.flag("error_on_requires_action"):
        error = error_body(
            "card_error",
            "This payment required an authentication action to complete, but `error_on_requires_action` was "
            "set. When you're ready, you can upgrade your integration to handle actions at "
            "https://stripe.com/docs/payments/payment-intents/upgrade-to-handle-actions.",
            code="authentication_required",
            decline_code="authentication_not_handled",
            payment_method=method.body,
        )
        fail_intent(call, intent, error)
        raise declined(error, payment_intent=intent.body)
    url = f"{call.base_url}/3ds/{intent.id}"
    intent.body |= {
        "status": "requires_action",
        "next_action": shapes.redirect_action(url, intent.private.get("return_url")),
    }
    call.save(intent)
    call.announce("payment_intent.requires_action", intent.body)


def _past(status: str) -> str:
    return {
        "succeeded": "succeeded after being previously confirmed",
        "requires_capture": "been authorized and is waiting to be captured",
        "canceled": "been canceled",
    }.get(status, f"reached the status {status}")
