"""How much a role may refund on its own. Above it, someone with a higher limit has to do it."""

from __future__ import annotations

from typing import Any

from foundation.backoffice.display import readable
from foundation.context import current
from foundation.money import Money
from payments.errors import RefundAboveLimit
from payments.models import PaymentIntent
from payments.queries.payment_page import refund_total_of_actor

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


def refuse_above_limit(staff: Any, intent: PaymentIntent, amount: Money) -> None:
    """The limit holds for all that the person refunds of one payment: two halves are one whole.

    Raises RefundAboveLimit.
    """
    limit = refund_limit(staff, amount.currency)
    if limit is None:
        return
    before = _used(intent)
    if before + amount > limit:
        raise RefundAboveLimit(
            f"You may refund up to {readable(limit)} of one payment, and {readable(before)} of it is used. "
            "Ask a colleague with a higher limit.",
            param="amount",
        )


def remaining_limit(staff: Any, intent: PaymentIntent) -> Money | None:
    """What the person may still refund of this payment on their own; None without a limit."""
    limit = refund_limit(staff, intent.currency)
    if limit is None:
        return None
    used = _used(intent)
    return limit - used if used < limit else Money.zero(intent.currency)


def _used(intent: PaymentIntent) -> Money:
    return refund_total_of_actor(
        merchant_id=intent.merchant_id,
        payment_intent_id=intent.id,
        actor=current().actor,
        currency=intent.currency,
    )
