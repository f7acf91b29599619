"""How often a card was tried lately: what the networks count, whatever the PSP and the payment method's row."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from payments.models import AttemptStatus, PaymentAttempt, PaymentMethod

WINDOW = timedelta(days=30)
MOST_TRIES = 100
"""Above every cap; a card that was declined more often is beyond all of them."""


def list_declined_tries(*, merchant_id: UUID, payment_method_id: UUID, now: datetime) -> list[datetime]:
    """When the card behind a payment method was declined in the last 30 days, newest first."""
    methods = PaymentMethod.objects.for_merchant(merchant_id)
    fingerprint = methods.filter(pk=payment_method_id).values_list("fingerprint", flat=True).first()
    same_card = (
        methods.filter(fingerprint=fingerprint) if fingerprint else methods.filter(pk=payment_method_id)
    )
    declined = PaymentAttempt.objects.for_merchant(merchant_id).filter(
        payment_method_id__in=same_card.values("id"),
        status=AttemptStatus.DECLINED,
        decided_at__gt=now - WINDOW,
    )
    return [
        at for at in declined.order_by("-decided_at").values_list("decided_at", flat=True)[:MOST_TRIES] if at
    ]
