"""Reading payment intents, charges, captures and refunds."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet

from foundation.errors import ResourceMissing
from foundation.ids import encode_id
from foundation.money import Money
from payments.models import (
    LIVE_REFUND_STATES,
    AuthorizationIncrement,
    Capture,
    FundsHold,
    PaymentAttempt,
    PaymentIntent,
    Refund,
)
from payments.shapes.charges import SHOWN_STATES


def list_payment_intents(*, merchant_id: UUID) -> QuerySet[PaymentIntent]:
    return PaymentIntent.objects.for_merchant(merchant_id).select_related("merchant")


def find_payment_intent(*, merchant_id: UUID, payment_intent_id: UUID) -> PaymentIntent | None:
    return list_payment_intents(merchant_id=merchant_id).filter(pk=payment_intent_id).first()


def get_payment_intent(*, merchant_id: UUID, payment_intent_id: UUID) -> PaymentIntent:
    """Raises ResourceMissing, also for another merchant's."""
    intent = find_payment_intent(merchant_id=merchant_id, payment_intent_id=payment_intent_id)
    if intent is None:
        raise ResourceMissing(
            f"No such payment_intent: '{encode_id('pi', payment_intent_id)}'", param="payment_intent"
        )
    return intent


def list_charges(*, merchant_id: UUID) -> QuerySet[PaymentAttempt]:
    """Attempts that are a charge to the caller, with their intents and methods."""
    return (
        PaymentAttempt.objects.for_merchant(merchant_id)
        .filter(status__in=SHOWN_STATES)
        .select_related("payment_intent", "payment_method")
    )


def get_charge(*, merchant_id: UUID, charge_id: UUID) -> PaymentAttempt:
    """Raises ResourceMissing."""
    attempt = list_charges(merchant_id=merchant_id).filter(pk=charge_id).first()
    if attempt is None:
        raise ResourceMissing(f"No such charge: '{encode_id('ch', charge_id)}'", param="charge")
    return attempt


def get_attempt(*, merchant_id: UUID, attempt_id: UUID) -> PaymentAttempt:
    """Any attempt with its PSP account and intent, shown or not. Raises ResourceMissing."""
    rows = PaymentAttempt.objects.for_merchant(merchant_id).select_related("psp_account", "payment_intent")
    attempt = rows.filter(pk=attempt_id).first()
    if attempt is None:
        raise ResourceMissing(f"No such charge: '{encode_id('ch', attempt_id)}'", param="charge")
    return attempt


def find_undecided_capture(attempt: PaymentAttempt) -> Capture | None:
    """The capture of this attempt whose outcome is not known yet; the database allows one."""
    return (
        Capture.objects.for_merchant(attempt.merchant_id)
        .filter(attempt_id=attempt.id, status__in=["created", "submitting", "pending", "unknown"])
        .first()
    )


def find_undecided_increment(attempt: PaymentAttempt) -> AuthorizationIncrement | None:
    """The increment of this attempt whose outcome is not known yet; the database allows one."""
    return (
        AuthorizationIncrement.objects.for_merchant(attempt.merchant_id)
        .filter(attempt_id=attempt.id, status__in=["created", "submitting", "pending", "unknown"])
        .first()
    )


def get_increment(*, merchant_id: UUID, increment_id: UUID) -> AuthorizationIncrement:
    """With its attempt and PSP account. Raises ResourceMissing."""
    rows = AuthorizationIncrement.objects.for_merchant(merchant_id).select_related("attempt__psp_account")
    increment = rows.filter(pk=increment_id).first()
    if increment is None:
        raise ResourceMissing("No such increment.", param="increment")
    return increment


def get_capture(*, merchant_id: UUID, capture_id: UUID) -> Capture:
    """With its attempt and PSP account. Raises ResourceMissing."""
    rows = Capture.objects.for_merchant(merchant_id).select_related("attempt__psp_account")
    capture = rows.filter(pk=capture_id).first()
    if capture is None:
        raise ResourceMissing(f"No such capture: '{encode_id('cap', capture_id)}'", param="capture")
    return capture


def list_refunds(*, merchant_id: UUID) -> QuerySet[Refund]:
    return Refund.objects.for_merchant(merchant_id)


def find_refund(*, merchant_id: UUID, refund_id: UUID) -> Refund | None:
    rows = list_refunds(merchant_id=merchant_id).select_related(
        "attempt__psp_account", "payment_intent__merchant"
    )
    return rows.filter(pk=refund_id).first()


def get_refund(*, merchant_id: UUID, refund_id: UUID) -> Refund:
    """With its attempt, PSP account and intent. Raises ResourceMissing."""
    refund = find_refund(merchant_id=merchant_id, refund_id=refund_id)
    if refund is None:
        raise ResourceMissing(f"No such refund: '{encode_id('re', refund_id)}'", param="refund")
    return refund


def refunded_by(intent: PaymentIntent, actor: str) -> Money:
    """What one actor has asked for or agreed to of a payment's refunds so far, whatever is spoken for.

    To act on it, read it under the intent's lock."""
    agreed = Q(approvals__decision="approved", approvals__decided_by=actor[:128])
    amounts = Refund.objects.for_merchant(intent.merchant_id).filter(
        Q(requested_by=actor[:128]) | agreed,
        payment_intent_id=intent.id,
        status__in=LIVE_REFUND_STATES,
    )
    return Money(sum(amounts.values_list("amount_minor", flat=True)), intent.currency)


def available_to_refund(attempt: PaymentAttempt) -> Money:
    """Captured, less every refund promised, under way or done, less what is held for disputes; never below zero.

    To act on it, read it under the attempt's lock."""
    return max(_left(attempt), Money(0, attempt.currency))


def is_promised_twice(attempt: PaymentAttempt) -> bool:
    """Whether refunds and disputes together claim more than was captured: a dispute came upon a promised refund."""
    return _left(attempt).is_negative


def _left(attempt: PaymentAttempt) -> Money:
    refunds = Refund.objects.for_merchant(attempt.merchant_id).filter(
        attempt_id=attempt.id, status__in=LIVE_REFUND_STATES
    )
    # In one query: every page that shows the figure asks for it.
    rows = (
        refunds.order_by()
        .values_list("amount_minor")
        .union(list_funds_holds(attempt).order_by().values_list("amount_minor"), all=True)
    )
    spoken_for = sum(minor for (minor,) in rows)
    return Money(attempt.amount_captured_minor - spoken_for, attempt.currency)


def list_funds_holds(attempt: PaymentAttempt) -> QuerySet[FundsHold]:
    """What is held of a charge at this moment, for disputes that are open or lost."""
    return FundsHold.objects.for_merchant(attempt.merchant_id).filter(
        attempt_id=attempt.id, released_at__isnull=True
    )


def has_attempt(*, merchant_id: UUID, payment_intent_id: UUID, attempt_id: UUID) -> bool:
    """Whether an attempt with this id was opened for the intent."""
    rows = PaymentAttempt.objects.for_merchant(merchant_id)
    return rows.filter(pk=attempt_id, payment_intent_id=payment_intent_id).exists()
