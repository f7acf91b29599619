"""Setup intents: keep a card for later payments, with authentication where the card asks for it."""

from ..books import Body, Record
from ..ids import new_id, random_digits
from . import shapes
from .call import Call
from .confirmation import declined
from .lists import list_page
from .payment_methods import (
    attach,
    card_error,
    card_of,
    from_card_data,
    refuse_unless_belongs,
    refuse_unless_usable,
    resolve,
)
from .refusals import error_body, unexpected_state

OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")
STATE_CODE = "setup_intent_unexpected_state"
CANCELLATION_REASONS = ("abandoned", "duplicate", "requested_by_customer")


def create(call: Call) -> Body:
    body = shapes.setup_intent(new_id("seti_1"), call.timestamp)
    if call.text("customer"):
        body["customer"] = call.find("customers", call.required_text("customer"), "customer").id
    body["description"] = call.text("description")
    body["usage"] = call.choice("usage", ("off_session", "on_session")) or "off_session"
    body["metadata"] = {key: value for key, value in call.metadata().items() if value != ""}
    setup = Record("setup_intents", call.account, call.now, body)
    _choose_method(call, setup)
    call.books.insert(setup)
    call.announce("setup_intent.created", body)
    if call.flag("confirm"):
        _confirm(call, setup)
    return body


def retrieve(call: Call, setup_id: str) -> Body:
    return call.find("setup_intents", setup_id).body


def list_all(call: Call) -> Body:
    return list_page(call, "setup_intents", "/v1/setup_intents", ("customer", "payment_method"))


def update(call: Call, setup_id: str) -> Body:
    setup = call.find("setup_intents", setup_id)
    call.books.update_metadata(setup, call.metadata())
    if "description" in call.params:
        setup.body["description"] = call.text("description")
    _choose_method(call, setup)
    call.save(setup)
    return setup.body


def confirm(call: Call, setup_id: str) -> Body:
    setup = call.find("setup_intents", setup_id)
    _choose_method(call, setup)
    _confirm(call, setup)
    return setup.body


def cancel(call: Call, setup_id: str) -> Body:
    setup = call.find("setup_intents", setup_id)
    status = setup.body["status"]
    if status not in OPEN:
        raise unexpected_state(
            f"You cannot cancel this SetupIntent because it has a status of {status}. Only a SetupIntent "
            f"with one of the following statuses may be canceled: {', '.join(OPEN)}.",
            code=STATE_CODE,
            setup_intent=setup.body,
        )
    reason = call.choice("cancellation_reason", CANCELLATION_REASONS)
    setup.body |= {"status": "canceled", "cancellation_reason": reason, "next_action": None}
    call.save(setup)
    call.announce("setup_intent.canceled", setup.body)
    return setup.body


def settle_authentication(call: Call, setup: Record, *, is_passed: bool) -> None:
    """The cardholder came back from the challenge. Does nothing when the setup no longer waits."""
    if setup.body["status"] != "requires_action":
        return
    method = call.find("payment_methods", setup.body["payment_method"])
    if is_passed:
        _succeed(call, setup, method)
        return
    error = error_body(
        "invalid_request_error",
        "The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new "
        "PaymentMethod to attempt to fulfill this SetupIntent again.",
        code="setup_intent_authentication_failure",
        payment_method=method.body,
    )
    _fail(call, setup, error)


def _choose_method(call: Call, setup: Record) -> None:
    token, given = call.text("payment_method"), call.mapping("payment_method_data")
    if call.text("return_url"):
        setup.private["return_url"] = call.text("return_url")
    if not token and not given:
        return
    method = resolve(call, token) if token else from_card_data(call, given)
    refuse_unless_usable(method)
    refuse_unless_belongs(method, setup.body["customer"])
    setup.body["payment_method"] = method.id
    if setup.body["status"] == "requires_payment_method":
        setup.body["status"] = "requires_confirmation"


def _confirm(call: Call, setup: Record) -> None:
    body = setup.body
    if body["status"] not in OPEN or not body["payment_method"]:
        reason = (
            f"it has a status of {body['status']}"
            if body["payment_method"]
            else "it's missing a payment method"
        )
        raise unexpected_state(
            f"You cannot confirm this SetupIntent because {reason}.", code=STATE_CODE, setup_intent=body
        )
    method = call.find("payment_methods", body["payment_method"])
    card = card_of(method)
    body["latest_attempt"] = new_id("setatt_1")
    if card.decline and card.declines_setup and card.authentication == "none":
        error = card_error(card.decline, method=method.body)
        _fail(call, setup, error)
        raise declined(error, setup_intent=body)
    # Setting a card up for later always asks the cards that can ask: that is what the setup is for.
    if card.authentication in ("always", "off_session_unless_set_up"):
        url = f"{call.base_url}/3ds/{setup.id}"
        body |= {
            "status": "requires_action",
            "next_action": shapes.redirect_action(url, setup.private.get("return_url")),
        }
        call.save(setup)
        call.announce("setup_intent.requires_action", body)
        return
    _succeed(call, setup, method)


def _succeed(call: Call, setup: Record, method: Record) -> None:
    setup.body |= {"status": "succeeded", "next_action": None, "last_setup_error": None}
    bank = card_of(method).bank
    if bank is not None:
        setup.body["payment_method_types"] = [bank.type]
    if bank is not None and bank.takes_days:
        setup.body["mandate"] = f"mandate_1{random_digits(20)}"
    method.private["set_up"] = True
    customer = setup.body["customer"]
    if customer and not method.body["customer"]:
        attach(call, method, customer)
    else:
        call.save(method)
    call.save(setup)
    call.announce("setup_intent.succeeded", setup.body)


def _fail(call: Call, setup: Record, error: Body) -> None:
    setup.body |= {
        "status": "requires_payment_method",
        "payment_method": None,
        "next_action": None,
        "last_setup_error": error,
    }
    call.save(setup)
    call.announce("setup_intent.setup_failed", setup.body)
