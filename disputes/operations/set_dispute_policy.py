"""Say what the machine may decide about a merchant's disputes."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from disputes.locks import lock_desk, lock_dispute_policy
from disputes.models import DisputePolicy
from foundation.money import Money
from foundation.transactions import owns_transaction


@owns_transaction
def set_dispute_policy(
    *,
    merchant_id: UUID,
    currency: str,
    auto_accept_below: Money | None,
    conversion_rates: Mapping[str, Decimal],
    refunds_fraud_warnings: bool,
    submits_staged_evidence: bool,
    dispute_fee: Money,
    counter_fee: Money,
) -> DisputePolicy:
    """currency: what disputes are settled in; all amounts are in it. auto_accept_below: None for never.
    conversion_rates: units of it per unit of another currency.

    Raises: ValueError, for an amount in another currency.
    Writes: the merchant's one policy, its history. Disputes look at it the next time that their clock strikes.
    Safe to repeat: it sets, and adds nothing up.
    """
    given = [amount for amount in (auto_accept_below, dispute_fee, counter_fee) if amount is not None]
    if any(amount.currency != currency for amount in given):
        raise ValueError("The amounts of a policy are in its own currency.")
    lock_desk(merchant_id)
    policy = lock_dispute_policy(merchant_id=merchant_id) or DisputePolicy(merchant_id=merchant_id)
    policy.currency = currency
    policy.auto_accept_below_minor = auto_accept_below.amount_minor if auto_accept_below else None
    policy.conversion_rates = {code: f"{rate:f}" for code, rate in sorted(conversion_rates.items())}
    policy.refunds_fraud_warnings = refunds_fraud_warnings
    policy.submits_staged_evidence = submits_staged_evidence
    policy.dispute_fee_minor = dispute_fee.amount_minor
    policy.counter_fee_minor = counter_fee.amount_minor
    policy.save()
    return policy
