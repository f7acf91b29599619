"""What the payment views share: naming a payment method, filters of lists, and declines as refusals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from foundation import ids
from foundation.http.serializers import no_such
from foundation.http.views import ApiView
from payments.declines import decline_message
from payments.errors import DECLINES, CardDeclined, PspUnavailable, UnexpectedState
from payments.models import (
    AuthorizationIncrement,
    Capture,
    CaptureStatus,
    IncrementStatus,
    IntentStatus,
    PaymentIntent,
)
from payments.operations.create_payment_method import SHARED_TEST_TOKEN_PREFIX, create_payment_method
from payments.queries.customers import get_live_customer
from payments.shapes import payment_intent_shape

NOT_REACHED = ("not_sent", "not_found")
EMPTY_WORDS = (
    "name",
    "email",
    "phone",
    "description",
    "receipt_email",
    "setup_future_usage",
    "statement_descriptor",
    "statement_descriptor_suffix",
)


def payment_method_id_of(
    view: ApiView, given: str | None, *, refuse_first: Callable[[], object] = lambda: None
) -> UUID | None:
    """The id of our payment method; for a sandbox merchant also a PSP's shared test token, taken in on the way.

    refuse_first: raises what the operation will refuse anyway, before a token is taken in for nothing.
    """
    if given is None:
        return None
    try:
        return ids.decode_id("pm", given)
    except ids.PublicIdInvalid:
        if view.livemode or not given.startswith(SHARED_TEST_TOKEN_PREFIX):
            raise no_such("payment_method", given, param="payment_method") from None
    if not view.is_resumed:
        refuse_first()
    method = create_payment_method(merchant_id=view.merchant_id, payment_method_id=ids.new_id(), token=given)
    return method.id


def refuse_unless_live(view: ApiView, customer_id: UUID | None) -> None:
    """Raises ResourceMissing for a customer that is absent or deleted."""
    if customer_id is not None:
        get_live_customer(merchant_id=view.merchant_id, customer_id=customer_id)


def with_empty_words(params: dict[str, Any]) -> dict[str, Any]:
    """An unset text is stored empty, not null."""
    return {name: "" if value is None and name in EMPTY_WORDS else value for name, value in params.items()}


def created_within(
    queryset: QuerySet[Any], params: dict[str, Any], field: str = "created_at"
) -> QuerySet[Any]:
    return queryset.filter(**{f"{field}__{lookup}": at for lookup, at in params.get("created", {}).items()})


def refuse_if_declined(intent: PaymentIntent, *, livemode: bool) -> None:
    """402 with the intent inside after a decline, 503 after a PSP that was not reached: both are on record."""
    problem = intent.last_payment_error
    if not problem:
        return
    shape = payment_intent_shape(intent, livemode=livemode)
    if intent.status == IntentStatus.REQUIRES_PAYMENT_METHOD:
        details = {
            name: problem[name]
            for name in ("charge", "decline_code", "network_advice_code")
            if name in problem
        }
        raise DECLINES.get(problem["code"], CardDeclined)(problem["message"], payment_intent=shape, **details)
    if problem["code"] == PspUnavailable.code:
        raise PspUnavailable(payment_intent=shape)


def refuse_if_not_captured(capture: Capture) -> None:
    """503 when the PSP was not reached (the same key may try again), 400 when it refused: both are on record."""
    if capture.was_never_sent:
        raise PspUnavailable()
    if capture.status == CaptureStatus.FAILED:
        raise UnexpectedState(f"The PSP refused the capture ({capture.failure_code}).")


def refuse_if_not_incremented(
    increment: AuthorizationIncrement, intent: PaymentIntent, *, livemode: bool
) -> None:
    """402 when the issuer refused, 503 when the PSP was not reached; either way the old amount stays held."""
    if increment.status != IncrementStatus.FAILED:
        return
    shape = payment_intent_shape(intent, livemode=livemode)
    if increment.failure_code in NOT_REACHED:
        raise PspUnavailable(payment_intent=shape)
    details = {"decline_code": increment.decline_code} if increment.decline_code else {}
    refusal = DECLINES.get(increment.failure_code)
    if refusal is None:
        raise UnexpectedState(f"The PSP refused to authorize more ({increment.failure_code}).")
    raise refusal(
        decline_message(increment.failure_code, increment.decline_code), payment_intent=shape, **details
    )
