"""Payment methods: cards made from magic tokens, attached to and detached from customers. Never a card
number.
"""

from ..books import Body, Record
from ..ids import derived_text
from . import bank_tokens, shapes
from .call import Call
from .lists import list_page
from .refusals import Refusal, error_body, invalid, missing_object, unexpected_state
from .tokens import CARDS, Card, Decline, card_named, card_of_token


def create(call: Call) -> Body:
    method_type = call.required_text("type")
    if method_type in bank_tokens.TYPES:
        return _from_account(call, method_type).body
    if method_type != "card":
        raise invalid(f"Invalid type: the sandbox has no payment method type {method_type}", param="type")
    return _from_card_parameters(call, call.params, "").body


def retrieve(call: Call, method_id: str) -> Body:
    return resolve(call, method_id).body


def update(call: Call, method_id: str) -> Body:
    record = call.find("payment_methods", method_id)
    call.books.update_metadata(record, call.metadata())
    if "billing_details" in call.params:
        record.body["billing_details"] = shapes.billing_details(call.mapping("billing_details"))
    call.save(record)
    return record.body


def list_all(call: Call) -> Body:
    return list_page(call, "payment_methods", "/v1/payment_methods", ("customer", "type"))


def list_of_customer(call: Call, customer_id: str) -> Body:
    call.find("customers", customer_id)
    url = f"/v1/customers/{customer_id}/payment_methods"
    return list_page(call, "payment_methods", url, ("type",), customer=customer_id)


def attach_by_request(call: Call, method_id: str) -> Body:
    customer = call.find("customers", call.required_text("customer"), "customer")
    record = resolve(call, method_id)
    refuse_unless_usable(record)
    owner = record.body["customer"]
    if owner == customer.id:
        return record.body
    if owner:
        raise unexpected_state(
            "The payment method you provided has already been attached to a customer.",
            code="payment_method_unexpected_state",
        )
    card = card_of(record)
    if card.decline and card.declines_setup:
        raise Refusal(402, card_error(card.decline), is_remembered=True)
    attach(call, record, customer.id)
    return record.body


def detach(call: Call, method_id: str) -> Body:
    record = call.find("payment_methods", method_id)
    if not record.body["customer"]:
        raise unexpected_state(
            "The payment method you provided is not attached to a customer so detachment is impossible.",
            code="payment_method_unexpected_state",
        )
    record.body["customer"] = None
    record.private["spent"] = True
    call.save(record)
    call.announce("payment_method.detached", record.body)
    return record.body


# What other endpoints use


def resolve(call: Call, token: str, param: str | None = None) -> Record:
    """The stored method, or a new one made from `pm_card_…`: each mention makes one."""
    magic = card_of_token(token)
    if magic is None:
        if token.startswith(("pm_card_", "tok_")):
            raise missing_object("PaymentMethod", token, param or "payment_method")
        return call.find("payment_methods", token, param or "payment_method")
    return _mint(call, magic, {}, {})


def from_card_data(call: Call, given: Body) -> Record:
    """`payment_method_data` of an intent."""
    return _from_card_parameters(call, given, "payment_method_data")


def attach(call: Call, record: Record, customer_id: str) -> None:
    record.body["customer"] = customer_id
    record.private["spent"] = False
    call.save(record)
    call.announce("payment_method.attached", record.body)


def card_of(record: Record) -> Card:
    card = card_named(record.private["card"])
    if card is None:
        raise LookupError(f"the books name an unknown card {record.private['card']!r}")
    return card


def refuse_unless_usable(record: Record) -> None:
    if record.private.get("spent"):
        raise unexpected_state(
            "The provided PaymentMethod was previously used with a PaymentIntent without Customer "
            "attachment, shared with a connected account without Customer attachment, or was detached from a "
            "Customer. It may not be used again. To use a PaymentMethod multiple times, you must attach it "
            "to a Customer first.",
            code="payment_method_unexpected_state",
        )


def refuse_unless_belongs(record: Record, customer_id: str | None) -> None:
    owner = record.body["customer"]
    if not owner or owner == customer_id:
        return
    if customer_id is None:
        raise invalid(
            "The provided PaymentMethod cannot be used without its Customer, since it belongs to a Customer. "
            "Please include the Customer in the `customer` parameter on the PaymentIntent.",
            code="payment_intent_invalid_parameter",
            param="payment_method",
        )
    raise invalid(
        f"The PaymentMethod {record.id} does not belong to the Customer {customer_id}. Please use this "
        "PaymentMethod with the Customer that it belongs to instead.",
        param="payment_method",
    )


def card_error(decline: Decline, *, charge_id: str | None = None, method: Body | None = None) -> Body:
    """The error of a decline, as in the answer, `last_payment_error` and `last_setup_error`."""
    return error_body(
        "card_error",
        decline.message,
        code=decline.code,
        param=decline.param,
        advice_code=decline.advice_code,
        charge=charge_id,
        decline_code=decline.decline_code,
        network_advice_code=decline.network_advice_code,
        network_decline_code=decline.network_decline_code,
        payment_method=method,
    )


def _from_card_parameters(call: Call, given: Body, prefix: str) -> Record:
    card = given.get("card")
    if not isinstance(card, dict):
        raise invalid("Missing required param: card.", code="parameter_missing", param=prefix or "card")
    if "number" in card:
        raise Refusal(
            402,
            error_body(
                "card_error",
                "Your card was declined. Sending credit card numbers directly to the Stripe API is generally "
                "unsafe: use a test token instead of a number.",
                code="card_declined",
                decline_code="test_mode_live_card",
            ),
        )
    token = card.get("token")
    magic = card_of_token(token) if isinstance(token, str) else None
    if magic is None:
        raise missing_object("token", str(token), "card[token]")
    metadata = call.metadata() if not prefix else {}
    return _mint(call, magic, given.get("billing_details") or {}, metadata)


def _from_account(call: Call, method_type: str) -> Record:
    """What is no card, made of what the shop was told; the magic account numbers are Stripe's own."""
    given = call.mapping(method_type)
    name = bank_tokens.named_by(method_type, given)
    if name is None:
        raise invalid("The account can not be found.", code="account_number_invalid", param=method_type)
    record = _mint(call, (name, CARDS[name]), call.mapping("billing_details"), call.metadata())
    shown = record.body[method_type]
    account = str(given.get("iban") or given.get("account_number") or "")
    if account:
        shown["last4"], shown["fingerprint"] = account[-4:], derived_text(account)
    if "iban" in given:
        shown["country"] = account[:2]
    shown |= {known: given[known] for known in shown.keys() & given.keys() if isinstance(given[known], str)}
    call.save(record)
    return record


def _mint(call: Call, magic: tuple[str, Card], billing: Body, metadata: Body) -> Record:
    name, card = magic
    body = shapes.payment_method(name, card, call.timestamp, shapes.billing_details(billing), metadata)
    return call.create("payment_methods", body, {"card": name})
