"""Create a payment intent, and with `confirm` open its first attempt in the same transaction."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any, TypedDict, Unpack
from uuid import UUID

from foundation.context import current
from foundation.money import Money
from foundation.tenancy.queries import get_merchant
from foundation.transactions import owns_transaction
from payments import events
from payments.models import CaptureMethod, PaymentIntent, Settles
from payments.models.intent_status import IntentFacts, derive_intent_status
from payments.queries.customers import get_live_customer, get_payment_method
from payments.queries.payment_intents import find_payment_intent
from payments.queries.psp_orders import AttemptOrder
from payments.steps.announce import announce_payment
from payments.steps.check_payment_method import refuse_unless_chargeable
from payments.steps.open_attempt import open_attempt
from payments.steps.search_text import search_text_of


class IntentDetails(TypedDict, total=False):
    """The caller's words about an intent, by model field."""

    description: str
    metadata: dict[str, str]
    return_url: str
    receipt_email: str
    shipping: dict[str, Any] | None
    setup_future_usage: str
    statement_descriptor: str
    statement_descriptor_suffix: str
    automatic_payment_methods: dict[str, Any] | None
    payment_method_types: list[str]


@dataclass(frozen=True, slots=True)
class CreatedIntent:
    """order: the call to make now, when the intent was confirmed in the foreground."""

    intent: PaymentIntent
    order: AttemptOrder | None


@owns_transaction
def create_payment_intent(
    *,
    merchant_id: UUID,
    payment_intent_id: UUID,
    amount: Money,
    customer_id: UUID | None = None,
    payment_method_id: UUID | None = None,
    capture_method: str = CaptureMethod.AUTOMATIC,
    settles: str = Settles.SALE,
    confirm: bool = False,
    in_background: bool = False,
    off_session: bool = False,
    may_exist: bool = False,
    **details: Unpack[IntentDetails],
) -> CreatedIntent:
    """Create an intent over `amount` (minor units and currency).

    payment_intent_id: chosen by the caller (the idempotency key's reserved id). may_exist: an earlier try under this
    id may have got this far. in_background: a worker makes the call to the PSP instead of the caller. settles: what
    its captures are booked against.
    Raises: ResourceMissing (customer, method), PaymentMethodCustomerMismatch, PaymentMethodMissing, PspNotConfigured.
    Writes: the intent, payment_intent.created; with confirm an attempt, with in_background a job.
    Safe to repeat: with may_exist the same payment_intent_id finds the first intent.
    """
    if may_exist:
        existing = find_payment_intent(merchant_id=merchant_id, payment_intent_id=payment_intent_id)
        if existing is not None:
            return CreatedIntent(existing, None)
    merchant = get_merchant(merchant_id)
    customer = get_live_customer(merchant_id=merchant_id, customer_id=customer_id) if customer_id else None
    method = None
    if payment_method_id is not None:
        method = get_payment_method(merchant_id=merchant_id, payment_method_id=payment_method_id)
        refuse_unless_chargeable(method, customer_id=customer_id)
    facts = IntentFacts(is_canceled=False, has_payment_method=method is not None, statuses=())
    intent = PaymentIntent(
        id=payment_intent_id,
        merchant=merchant,
        customer=customer,
        payment_method=method,
        amount_minor=amount.amount_minor,
        currency=amount.currency,
        status=derive_intent_status(facts),
        capture_method=capture_method,
        settles=settles,
        off_session=off_session,
        client_secret_suffix=secrets.token_hex(12),
        request_id=current().request_id,
        trace_id=current().trace_id,
        **details,
    )
    intent.search_text = search_text_of(intent, customer=customer, method=method)
    intent.save(force_insert=True)
    order = None
    if confirm:
        order = open_attempt(intent, in_background=in_background, attempt_id=payment_intent_id)
    announce_payment(intent, events.PAYMENT_INTENT_CREATED)
    return CreatedIntent(intent, None if in_background else order)
