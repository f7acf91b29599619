"""Cards as Adyen keeps them for a shopper, and what it says of a card that nobody has paid with.

Source: https://docs.adyen.com/online-payments/tokenization, read 2026-11.
"""

from typing import Any

from ..books import Body, Record
from ..stripe.tokens import EXPIRY, Card
from .banks import BANKS
from .call import Call, new_reference
from .cards import BRANDS, WALLETS, card_called, card_in_wallet, known_card, reason_of
from .refusals import Refusal, invalid, missing_token, unreadable_card

MODELS = ("CardOnFile", "Subscription", "UnscheduledCardOnFile")


def card_of(call: Call) -> tuple[str, str]:
    """Name of the card that the request pays with, and the stored id when it is one. Raises Refusal."""
    method = call.mapping("paymentMethod")
    if method.get("type") in WALLETS:
        paid_by = card_in_wallet(method)
        if paid_by is None:
            raise unreadable_card()
        return paid_by[0], ""
    if method.get("type", "scheme") != "scheme":
        raise invalid("The sandbox takes cards only", "905_1")
    stored_id = method.get("storedPaymentMethodId")
    if stored_id:
        return str(_stored(call, str(stored_id)).private["card"]), str(stored_id)
    magic = card_called(method.get("encryptedCardNumber"))
    if magic is None:
        raise unreadable_card()
    return magic[0], ""


def keep_card(call: Call, payment: Record) -> Body:
    """Store the card of an authorised payment that asked for it; what additionalData says then."""
    if not payment.private.get("store"):
        return {}
    shopper = str(payment.body["customer"])
    record = _keep(call, str(payment.private["card"]), shopper)
    payment.private["stored"] = record.id
    return {
        "tokenization.shopperReference": shopper,
        "tokenization.storedPaymentMethodId": record.id,
        "tokenization.store.operationType": "created",
    }


def store(call: Call) -> Body:
    """POST /storedPaymentMethods."""
    shopper = call.required("shopperReference")
    call.required("merchantAccount")
    if call.required("recurringProcessingModel") not in MODELS:
        raise invalid("Invalid recurringProcessingModel")
    name, stored_id = card_of(call)
    if stored_id:
        return _resource(_stored(call, stored_id))
    card = known_card(name)
    if card.decline and card.declines_setup:
        raise Refusal(422, "800", f"The card was refused: {reason_of(card.decline)[1]}")
    return _resource(_keep(call, name, shopper))


def list_stored(call: Call) -> Body:
    """GET /storedPaymentMethods."""
    shopper = call.required("shopperReference")
    records = call.books.select(
        "payment_methods", "account = ? AND customer = ?", (call.account, shopper), "ORDER BY seq LIMIT 100"
    )
    return {
        "merchantAccount": call.text("merchantAccount"),
        "shopperReference": shopper,
        "storedPaymentMethods": [_resource(record) for record in records],
    }


def forget(call: Call, stored_id: str) -> Body:
    """DELETE /storedPaymentMethods/ID."""
    call.books.delete(_stored(call, stored_id))
    return {}


def card_details(call: Call) -> Body:
    """POST /cardDetails."""
    call.required("merchantAccount")
    magic = card_called(call.params.get("encryptedCardNumber"))
    if magic is None:
        raise unreadable_card()
    card = magic[1]
    return {
        "brands": [{"type": BRANDS[card.brand], "supported": True}],
        "fundingSource": card.funding.upper(),
        "issuingCountryCode": card.country,
        "isCardCommercial": False,
    }


def payment_methods(call: Call) -> Body:
    """POST /paymentMethods."""
    call.required("merchantAccount")
    cards = {"name": "Cards", "type": "scheme", "brands": sorted(BRANDS.values())}
    found: Body = {"paymentMethods": [cards, *({"name": kind, "type": kind} for kind in (*WALLETS, *BANKS))]}
    if call.text("shopperReference"):
        found["storedPaymentMethods"] = list_stored(call)["storedPaymentMethods"]
    return found


def _stored(call: Call, stored_id: str) -> Record:
    record = call.books.find("payment_methods", call.account, stored_id)
    if record is None or record.body["customer"] != call.text("shopperReference"):
        raise missing_token()
    return record


def _keep(call: Call, name: str, shopper: str) -> Record:
    body = {"id": new_reference(), "object": "stored_payment_method", "type": "scheme", "customer": shopper}
    return call.create("payment_methods", body, {"card": name})


def _resource(record: Record) -> dict[str, Any]:
    card: Card = known_card(record.private["card"])
    month, year = EXPIRY
    resource = {
        "brand": BRANDS[card.brand],
        "expiryMonth": f"{month:02d}",
        "expiryYear": str(year),
        "id": record.id,
        "lastFour": card.last4,
        "networkTxReference": f"NTX{record.id}",
        "shopperReference": record.body["customer"],
        "type": "scheme",
    }
    # What its network's card updater said since.
    changed: Body = record.private.get("shown", {})
    return resource | changed
