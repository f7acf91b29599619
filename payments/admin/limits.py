"""How much a role may refund on its own, and approve of what others ask for. Above it, a second person has to agree."""

from __future__ import annotations

from typing import Any

from foundation.context import current
from foundation.money import Money
from payments.models import PaymentIntent
from payments.queries.payment_intents import refunded_by

UNLIMITED: None = None
# Minor units, whatever the currency: 500.00 dollars, 50,000 yen and 50.000 dinars are the same order of
# money.
REFUND_LIMITS_MINOR: dict[str, int | None] = {
    "agent": 50_000,
    "senior_agent": 500_000,
    "finance": UNLIMITED,
}


def refund_limit(staff: Any, currency: str) -> Money | None:
    """The most this person may refund of one payment; None without a limit. No role with refunds: zero."""
    if staff.is_superuser:
        return None
    limits = [REFUND_LIMITS_MINOR[g.name] for g in staff.groups.all() if g.name in REFUND_LIMITS_MINOR]
    if UNLIMITED in limits:
        return None
    return Money(max((limit for limit in limits if limit is not None), default=0), currency)


def remaining_limit(staff: Any, intent: PaymentIntent) -> Money | None:
    """What the person may still refund of this payment on their own; None without a limit."""
    limit = refund_limit(staff, intent.currency)
    if limit is None:
        return None
    used = refunded_by(intent, current().actor)
    return limit - used if used < limit else Money.zero(intent.currency)
