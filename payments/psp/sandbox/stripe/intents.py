"""Payment intents as resources: create, look up, change, list, search; and the confirm endpoint."""

from ..books import Body, Record
from ..ids import new_id
from ..money_rules import CURRENCIES, display, maximum_minor, minimum_minor
from . import shapes
from .bank_tokens import TYPES as BANK_TYPES
from .call import Call
from .confirmation import choose_method, confirm
from .lists import list_page
from .refusals import invalid, missing_param, unexpected_state
from .search import search as search_objects

CAPTURE_METHODS = ("automatic", "automatic_async", "manual")
CHANGEABLE = ("requires_payment_method", "requires_confirmation", "requires_action")


def create(call: Call) -> Body:
    amount, currency = amount_and_currency(call)
    is_confirmed = call.flag("confirm")
    for name in ("off_session", "error_on_requires_action", "return_url", "mandate_data"):
        if not is_confirmed and call.params.get(name) not in (None, "", "false"):
            raise invalid(
                f"You can only set `{name}` when `confirm` is true.",
                code="payment_intent_invalid_parameter",
                param=name,
            )
    body = shapes.payment_intent(new_id("pi_3", 23), amount, currency, call.timestamp)
    if call.text("customer"):
        body["customer"] = call.find("customers", call.required_text("customer"), "customer").id
    metadata = {key: value for key, value in call.metadata().items() if value != ""}
    body["metadata"] = metadata
    intent = Record("payment_intents", call.account, call.now, body)
    _take_over(call, intent)
    choose_method(call, intent)
    call.books.insert(intent)
    call.announce("payment_intent.created", body)
    if is_confirmed:
        confirm(call, intent)
    return body


def retrieve(call: Call, intent_id: str) -> Body:
    return call.find("payment_intents", intent_id).body


def list_all(call: Call) -> Body:
    return list_page(call, "payment_intents", "/v1/payment_intents", ("customer",))


def search(call: Call) -> Body:
    return search_objects(call, "payment_intents", "/v1/payment_intents/search")


def update(call: Call, intent_id: str) -> Body:
    intent = call.find("payment_intents", intent_id)
    body = intent.body
    only_notes = set(call.params) <= {"metadata", "description", "receipt_email", "expand", "shipping"}
    if not only_notes and body["status"] not in CHANGEABLE:
        raise unexpected_state(
            "This PaymentIntent's parameters could not be updated because it has a status of "
            f"{body['status']}. You may only update them when it has one of the following statuses: "
            f"{', '.join(CHANGEABLE)}.",
            payment_intent=body,
        )
    if "amount" in call.params or "currency" in call.params:
        given = {"amount": str(body["amount"]), "currency": body["currency"]}
        call.params = given | call.params
        body["amount"], body["currency"] = amount_and_currency(call)
    if call.text("customer"):
        body["customer"] = call.find("customers", call.required_text("customer"), "customer").id
    call.books.update_metadata(intent, call.metadata())
    _take_over(call, intent)
    choose_method(call, intent)
    call.save(intent)
    return body


def confirm_by_request(call: Call, intent_id: str) -> Body:
    intent = call.find("payment_intents", intent_id)
    if intent.body["status"] in CHANGEABLE:
        _take_over(call, intent)
        choose_method(call, intent)
    confirm(call, intent)
    return intent.body


def amount_and_currency(call: Call) -> tuple[int, str]:
    """The amount in minor units and its currency. Raises Stripe's refusals for what it does not charge."""
    amount = call.integer("amount")
    if amount is None:
        raise missing_param("amount")
    currency = call.required_text("currency").lower()
    if currency not in CURRENCIES:
        raise invalid(
            f"Invalid currency: {currency}. Stripe currently supports these currencies: "
            f"{', '.join(sorted(CURRENCIES))}",
            param="currency",
        )
    if amount < 0:
        raise invalid("Invalid non-negative integer", code="parameter_invalid_integer", param="amount")
    smallest, largest = minimum_minor(currency), maximum_minor(currency)
    if amount < smallest:
        message = f"Amount must be at least {display(smallest, currency)} {currency}"
        raise invalid(message, code="amount_too_small", param="amount")
    if amount > largest:
        message = f"Amount must be no more than {display(largest, currency)} {currency}"
        raise invalid(message, code="amount_too_large", param="amount")
    return amount, currency


def _take_over(call: Call, intent: Record) -> None:
    """Copy the plain members that create, update and confirm share."""
    body = intent.body
    for name in (
        "description",
        "receipt_email",
        "statement_descriptor",
        "statement_descriptor_suffix",
        "transfer_group",
    ):
        if name in call.params:
            body[name] = call.text(name)
    if "shipping" in call.params:
        body["shipping"] = shapes.shipping(call.mapping("shipping"))
    capture_method = call.choice("capture_method", CAPTURE_METHODS)
    if capture_method:
        body["capture_method"] = capture_method
    if call.choice("confirmation_method", ("automatic", "manual")):
        body["confirmation_method"] = call.text("confirmation_method")
    if "setup_future_usage" in call.params:
        body["setup_future_usage"] = call.choice("setup_future_usage", ("off_session", "on_session"))
    automatic = call.mapping("automatic_payment_methods")
    if automatic.get("enabled") == "true":
        body["automatic_payment_methods"] = {
            "allow_redirects": automatic.get("allow_redirects", "always"),
            "enabled": True,
        }
    types = call.strings("payment_method_types") or call.strings("allowed_payment_method_types")
    unknown = [name for name in types if name not in ("card", *BANK_TYPES)]
    if unknown:
        raise invalid(
            f"The sandbox has no payment method type {unknown[0]}.",
            code="payment_intent_invalid_parameter",
            param="payment_method_types",
        )
    if "allowed_payment_method_types" in call.params:
        body["allowed_payment_method_types"] = call.strings("allowed_payment_method_types") or None
