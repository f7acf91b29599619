"""What Adyen is asked for: requests of the port to bodies of its API."""

from __future__ import annotations

from typing import Any

from payments.psp.adyen.amounts import to_adyen
from payments.psp.adyen.methods import CARD_TYPE, fields_of
from payments.psp.methods import CARD
from payments.psp.port import (
    AuthorizeRequest,
    CaptureRequest,
    Credentials,
    IncrementRequest,
    RefundRequest,
    SaveTokenRequest,
    SetupRequest,
    VoidRequest,
)

REST = "_rest"
"""Marks the cancel that lets go of what a final capture leaves."""


def merchant_account(credentials: Credentials) -> str:
    return str(credentials.settings["merchant_account"])


def payment_method(token: str, shopper_reference: str = "") -> dict[str, Any]:
    """A token is what Adyen's component gave the browser: the paymentMethod object as JSON, or the encrypted card
    number alone; once kept for a customer, the stored id."""
    if shopper_reference:
        return {"type": CARD_TYPE, "storedPaymentMethodId": token}
    return fields_of(token)


def authorization(credentials: Credentials, request: AuthorizeRequest) -> dict[str, Any]:
    """Raises AmountNotRepresentable, ValueError for a token that is no JSON though it begins like it."""
    body = _payment(credentials, request.psp_key, request.token, request.psp_customer_reference)
    body |= {"amount": to_adyen(request.amount), "metadata": dict(request.references)}
    body |= _interaction(request.psp_customer_reference, off_session=request.off_session)
    # Said with every payment, whatever the merchant account is set to.
    extra = {"manualCapture": str(not request.capture).lower()}
    is_card = request.method_type == CARD
    if is_card and not request.capture:
        # What is not authorised like this can not be authorised for more later.
        extra["authorisationType"] = "PreAuth"
    if request.network_transaction_id and not request.psp_customer_reference:
        # The card was first charged elsewhere: the network knows the customer's leave by this.
        extra["networkTxReference"] = request.network_transaction_id
    body |= {"additionalData": extra} | ({"captureDelayHours": 0} if request.capture else {})
    if request.completion_url:
        body["returnUrl"] = request.completion_url
    if request.statement_descriptor_suffix:
        body["shopperStatement"] = request.statement_descriptor_suffix
    return body if is_card else body | _of_bank(request)


def _of_bank(request: AuthorizeRequest) -> dict[str, Any]:
    """What banks and lenders want to know beside: what is bought, and where the customer is."""
    told: dict[str, Any] = {
        "lineItems": [
            {
                "id": request.psp_key,
                "description": request.description or request.psp_key,
                "quantity": 1,
                "amountIncludingTax": to_adyen(request.amount)["value"],
            }
        ]
    }
    address = request.billing_address
    if country := address.get("country"):
        told["countryCode"] = country
        if address.get("line1") and address.get("city"):
            told["billingAddress"] = {
                "street": address["line1"],
                "houseNumberOrName": address.get("line2") or "N/A",
                "city": address["city"],
                "postalCode": address.get("postal_code", ""),
                "stateOrProvince": address.get("state", ""),
                "country": country,
            }
    return told


def card_check(credentials: Credentials, request: SetupRequest) -> dict[str, Any]:
    """An authorisation of nothing, with the shopper present, so that the card may be charged without them later."""
    body = _payment(credentials, request.psp_key, request.token, request.psp_customer_reference)
    body |= {"amount": {"currency": "USD", "value": 0}, "metadata": dict(request.references)}
    body |= _interaction(request.psp_customer_reference, off_session=False)
    if request.off_session and request.psp_customer_reference:
        body["recurringProcessingModel"] = "UnscheduledCardOnFile"
    if request.completion_url:
        body["returnUrl"] = request.completion_url
    return body


def capture(credentials: Credentials, request: CaptureRequest) -> dict[str, Any]:
    return _modification(credentials, request.psp_key) | {"amount": to_adyen(request.amount)}


def rest_of(credentials: Credentials, request: CaptureRequest) -> dict[str, Any]:
    return _modification(credentials, request.psp_key + REST)


def refund(credentials: Credentials, request: RefundRequest) -> dict[str, Any]:
    return _modification(credentials, request.psp_key) | {"amount": to_adyen(request.amount)}


def increment(credentials: Credentials, request: IncrementRequest) -> dict[str, Any]:
    return _modification(credentials, request.psp_key) | {"amount": to_adyen(request.amount)}


def void(credentials: Credentials, request: VoidRequest) -> dict[str, Any]:
    body = _modification(credentials, request.psp_key)
    return body if request.psp_reference else body | {"paymentReference": request.attempt_key}


def stored(credentials: Credentials, request: SaveTokenRequest, shopper_reference: str) -> dict[str, Any]:
    return {
        "merchantAccount": merchant_account(credentials),
        "paymentMethod": payment_method(request.token),
        "recurringProcessingModel": "CardOnFile",
        "shopperReference": shopper_reference,
    }


def _payment(credentials: Credentials, key: str, token: str, shopper_reference: str) -> dict[str, Any]:
    body = {
        "merchantAccount": merchant_account(credentials),
        "reference": key,
        "paymentMethod": payment_method(token, shopper_reference),
        "channel": "Web",
    }
    return body | ({"shopperReference": shopper_reference} if shopper_reference else {})


def _interaction(shopper_reference: str, *, off_session: bool) -> dict[str, str]:
    if off_session:
        return {"shopperInteraction": "ContAuth", "recurringProcessingModel": "UnscheduledCardOnFile"}
    kept = {"recurringProcessingModel": "CardOnFile"} if shopper_reference else {}
    return {"shopperInteraction": "Ecommerce", **kept}


def _modification(credentials: Credentials, reference: str) -> dict[str, Any]:
    return {"merchantAccount": merchant_account(credentials), "reference": reference}
