"""Make a payment method of what is no card at Stripe. Stripe keeps the account; we keep its id."""

from __future__ import annotations

from typing import Any

from foundation.money import Money
from payments.psp.making import MadeToken, MakeTokenRequest
from payments.psp.outcomes import CardFacts, Outcome, Succeeded
from payments.psp.port import Credentials
from payments.psp.stripe.asking import ask
from payments.psp.stripe.reading import method_details
from payments.psp.stripe.transport import client_for


def make(credentials: Credentials, request: MakeTokenRequest) -> MadeToken:
    """Safe to repeat: Stripe answers the same key with the same payment method."""
    api = client_for(credentials).v1
    params: dict[str, Any] = {"type": request.type, request.type: dict(request.details)}
    billing: dict[str, Any] = {**request.billing}
    if request.address:
        billing["address"] = dict(request.address)
    if billing:
        params["billing_details"] = billing
    told: dict[str, Any] = {}

    def read(answer: dict[str, Any]) -> Outcome:
        told.update(answer)
        return Succeeded(psp_reference=answer["id"], amount=Money.zero("usd"))

    answer = ask("make_token", request.psp_key, params, lambda p, o: api.payment_methods.create(p, o), read)
    if not isinstance(answer.outcome, Succeeded):
        return MadeToken(outcome=answer.outcome, call=answer.call)
    facts, details = method_details(told) or (CardFacts(), {})
    return MadeToken(
        outcome=answer.outcome,
        call=answer.call,
        token=answer.outcome.psp_reference,
        facts=facts,
        details=details,
    )
