"""What we know of a purchase, for whoever has to prove it: who, what, where it went, what was given back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from foundation.errors import ResourceMissing
from foundation.ids import encode_id
from foundation.money import Money
from payments.models import AttemptStatus, PaymentAttempt, Refund, RefundStatus

PAID = (AttemptStatus.SUCCEEDED, AttemptStatus.PARTIALLY_CAPTURED)
EARLIER_PURCHASES = 50


@dataclass(frozen=True, slots=True)
class RefundFact:
    refund: str
    amount: Money
    made_at: datetime
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseFacts:
    """Texts are empty where nothing is known. address: Stripe's address hash. metadata: the caller's own facts."""

    attempt_id: UUID
    charge: str
    payment_intent: str
    made_at: datetime
    amount: Money
    captured: Money
    description: str = ""
    customer_id: UUID | None = None
    customer_name: str = ""
    customer_email: str = ""
    billing_address: dict[str, Any] = field(default_factory=dict)
    shipping: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)
    brand: str = ""
    last4: str = ""
    card_facts: dict[str, Any] = field(default_factory=dict)
    authorization_code: str = ""
    is_disputed: bool = False
    refunds: tuple[RefundFact, ...] = ()


def read_purchase(*, merchant_id: UUID, attempt_id: UUID) -> PurchaseFacts:
    """One charge, with its refunds. Raises ResourceMissing, also for another merchant's."""
    attempt = _rows(merchant_id).filter(pk=attempt_id).first()
    if attempt is None:
        raise ResourceMissing(f"No such charge: '{encode_id('ch', attempt_id)}'", param="charge")
    return _facts(attempt, _refunds_of(attempt))


def list_earlier_purchases(
    *, merchant_id: UUID, attempt_id: UUID, not_older_than: timedelta
) -> list[PurchaseFacts]:
    """Charges paid with the same card before this one, newest first, 50 at most; without their refunds."""
    attempt = _rows(merchant_id).filter(pk=attempt_id).first()
    return [] if attempt is None else earlier_purchases_of(attempt, not_older_than=not_older_than)


def purchase_of(attempt: PaymentAttempt) -> PurchaseFacts:
    """The facts of a charge that was read with its payment_intent__customer and payment_method; without its refunds."""
    return _facts(attempt, ())


def earlier_purchases_of(attempt: PaymentAttempt, *, not_older_than: timedelta) -> list[PurchaseFacts]:
    """As list_earlier_purchases, for a charge that was read with its payment_method. One query."""
    if not attempt.payment_method.fingerprint:
        return []
    rows = _rows(attempt.merchant_id).filter(
        payment_method__fingerprint=attempt.payment_method.fingerprint,
        status__in=PAID,
        created_at__lt=attempt.created_at,
        created_at__gte=attempt.created_at - not_older_than,
    )
    return [
        _facts(row, ()) for row in rows.exclude(pk=attempt.pk).order_by("-created_at")[:EARLIER_PURCHASES]
    ]


def find_twin_purchase(*, merchant_id: UUID, attempt_id: UUID, within: timedelta) -> PurchaseFacts | None:
    """The nearest other charge of the same card and amount within that time before or after: what a claim of having
    paid twice is about."""
    attempt = _rows(merchant_id).filter(pk=attempt_id).first()
    if attempt is None or not attempt.payment_method.fingerprint:
        return None
    rows = _rows(merchant_id).filter(
        payment_method__fingerprint=attempt.payment_method.fingerprint,
        amount_minor=attempt.amount_minor,
        currency=attempt.currency,
        status__in=PAID,
        created_at__range=(attempt.created_at - within, attempt.created_at + within),
    )
    others = sorted(
        rows.exclude(pk=attempt.pk)[:EARLIER_PURCHASES],
        key=lambda row: abs(row.created_at - attempt.created_at),
    )
    return _facts(others[0], ()) if others else None


def _rows(merchant_id: UUID) -> Any:
    return PaymentAttempt.objects.for_merchant(merchant_id).select_related(
        "payment_intent__customer", "payment_method"
    )


def _refunds_of(attempt: PaymentAttempt) -> tuple[RefundFact, ...]:
    rows = Refund.objects.for_merchant(attempt.merchant_id).filter(
        attempt_id=attempt.id, status__in=[RefundStatus.SUCCEEDED, RefundStatus.PENDING]
    )
    return tuple(
        RefundFact(row.public_id, row.amount, row.created_at, str(row.status)) for row in rows.order_by("id")
    )


def _facts(attempt: PaymentAttempt, refunds: tuple[RefundFact, ...]) -> PurchaseFacts:
    intent, method = attempt.payment_intent, attempt.payment_method
    customer, billing = intent.customer, method.billing_details or {}
    return PurchaseFacts(
        attempt_id=attempt.id,
        charge=attempt.public_id,
        payment_intent=intent.public_id,
        made_at=attempt.created_at,
        amount=attempt.amount,
        captured=Money(attempt.amount_captured_minor, attempt.currency),
        description=intent.description,
        customer_id=intent.customer_id,
        customer_name=billing.get("name") or (customer.name if customer else ""),
        customer_email=billing.get("email") or intent.receipt_email or (customer.email if customer else ""),
        billing_address=billing.get("address") or (customer.address if customer else None) or {},
        shipping=intent.shipping or {},
        metadata=dict(intent.metadata),
        brand=method.brand,
        last4=method.last4,
        card_facts=dict(attempt.card_facts),
        authorization_code=attempt.authorization_code,
        is_disputed=attempt.is_disputed,
        refunds=refunds,
    )
