"""Describe a token: of a card its brand, funding and country; of any other, that the merchant account takes it.

Nobody but the component sees a card's digits before the first payment tells them, least of all a wallet's. A bank's
account tells of itself.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from foundation.money import Money
from payments.psp.adyen import bodies
from payments.psp.adyen.asking import ask, refused_here
from payments.psp.adyen.methods import WALLETS, facts_of, fields_of, type_of
from payments.psp.adyen.reading import BRANDS
from payments.psp.adyen.transport import checkout_for
from payments.psp.methods import CARD
from payments.psp.outcomes import CardFacts, Declined, Outcome, Succeeded
from payments.psp.port import Answer, Credentials, TokenDescription

OPERATION = "describe_token"
NOT_FOUND = "not_found"


def describe(credentials: Credentials, token: str) -> TokenDescription:
    try:
        kind, fields = type_of(token), fields_of(token)
    except ValueError:
        kind, fields = "", {}
    if not kind:
        refused = refused_here(OPERATION, "", "No token of Adyen's.", code="token_unreadable")
        return TokenDescription(type="", card=None, call=replace(refused.call, outcome=NOT_FOUND))
    wallet = WALLETS.get(str(fields.get("type")), "")
    if kind == CARD and not wallet:
        return _card(credentials, str(fields.get("encryptedCardNumber") or ""))
    facts = CardFacts(wallet=wallet) if wallet else facts_of(fields)
    return _offered(credentials, str(fields["type"]), kind, facts)


def describe_stored(credentials: Credentials, stored_id: str, shopper_reference: str) -> TokenDescription:
    """A card that Adyen keeps for a shopper, as it is now: its network may have replaced it."""
    api = checkout_for(credentials).payments_api
    told: dict[str, Any] = {}

    def read(answer: dict[str, Any]) -> Outcome:
        kept = {card["id"]: card for card in answer.get("storedPaymentMethods") or []}
        if stored_id not in kept:
            return Declined(code="token_gone")
        told.update(kept[stored_id])
        return Succeeded(psp_reference=stored_id, amount=Money.zero("usd"))

    body = {
        "merchantAccount": bodies.merchant_account(credentials),
        "channel": "Web",
        "shopperReference": shopper_reference,
    }
    answer = ask(OPERATION, "", body, lambda params, _: api.payment_methods(params), read)
    if not isinstance(answer.outcome, Succeeded):
        return _unknown(answer)
    month, year = str(told.get("expiryMonth") or ""), str(told.get("expiryYear") or "")
    brand = str(told.get("brand") or "")
    card = CardFacts(
        brand=BRANDS.get(brand, brand),
        last4=str(told.get("lastFour") or ""),
        exp_month=int(month) if month.isdecimal() else None,
        exp_year=int(year) if year.isdecimal() else None,
    )
    return TokenDescription(type=CARD, card=card, call=answer.call)


def _card(credentials: Credentials, number: str) -> TokenDescription:
    api = checkout_for(credentials).payments_api
    told: dict[str, Any] = {}

    def read(answer: dict[str, Any]) -> Outcome:
        told.update(answer)
        return Succeeded(psp_reference=answer["brands"][0]["type"], amount=Money.zero("usd"))

    body = {"merchantAccount": bodies.merchant_account(credentials), "encryptedCardNumber": number}
    answer = ask(OPERATION, "", body, lambda params, _: api.card_details(params), read)
    if not isinstance(answer.outcome, Succeeded):
        return _unknown(answer)
    brand = answer.outcome.psp_reference
    card = CardFacts(
        brand=BRANDS.get(brand, brand),
        funding=str(told.get("fundingSource") or "").lower(),
        country=str(told.get("issuingCountryCode") or ""),
    )
    return TokenDescription(type=CARD, card=card, call=answer.call)


def _offered(credentials: Credentials, name: str, kind: str, facts: CardFacts) -> TokenDescription:
    """Asked here rather than at the first payment: a method that the account does not have is a wrong token."""
    api = checkout_for(credentials).payments_api

    def read(answer: dict[str, Any]) -> Outcome:
        if name not in {method["type"] for method in answer["paymentMethods"]}:
            return Declined(code="method_not_offered")
        return Succeeded(psp_reference=name, amount=Money.zero("usd"))

    body = {"merchantAccount": bodies.merchant_account(credentials), "channel": "Web"}
    answer = ask(OPERATION, "", body, lambda params, _: api.payment_methods(params), read)
    if not isinstance(answer.outcome, Succeeded):
        return _unknown(answer)
    return TokenDescription(type=kind, card=facts, call=answer.call)


def _unknown(answer: Answer) -> TokenDescription:
    word = NOT_FOUND if isinstance(answer.outcome, Declined) else f"unknown_{answer.outcome.word}"
    return TokenDescription(type="", card=None, call=replace(answer.call, outcome=word[:24]))
