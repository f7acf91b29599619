"""The facts that the rules decide on, read from rows."""

from __future__ import annotations

from fractions import Fraction

from disputes.models import Dispute, DisputeNote, FraudWarning
from disputes.queries.disputes import find_policy
from disputes.rules import AcceptanceFacts, Ruling, may_accept_by_rule
from foundation.money import Money
from ledger.queries.balances import get_balance


def rule_on_acceptance(dispute: Dispute) -> Ruling:
    """Whether the merchant's policy accepts the dispute as it stands now. To act on it, hold the dispute's lock."""
    policy = find_policy(dispute.merchant_id)
    if policy is None or policy.auto_accept_below_minor is None:
        return Ruling(False, "There is no limit for accepting by rule.")
    rate = policy.conversion_rates.get(dispute.currency)
    return may_accept_by_rule(
        AcceptanceFacts(
            amount=dispute.amount,
            status=str(dispute.status),
            limit=Money(policy.auto_accept_below_minor, policy.currency),
            rate=Fraction(rate) if rate else None,
            balance=_balance_of(dispute, policy.currency),
            has_alert=_has_alert(dispute),
            was_touched=_was_touched(dispute),
        )
    )


def _balance_of(dispute: Dispute, currency: str) -> Money:
    """What this PSP owes us, with what it already took for the dispute."""
    clearing = get_balance(
        dispute.merchant_id, f"assets/psp_clearing/{dispute.psp_account.public_id}", currency
    ).net_debit
    taken = sum(
        (-row.amount_minor for row in dispute.movements.all() if row.currency == currency),  # type: ignore[attr-defined]
        0,
    )
    return clearing + Money(taken, currency)


def _has_alert(dispute: Dispute) -> bool:
    warnings = FraudWarning.objects.for_merchant(dispute.merchant_id).filter(attempt_id=dispute.attempt_id)
    return warnings.filter(is_actionable=True).exists()


def _was_touched(dispute: Dispute) -> bool:
    if dispute.assigned_to or any(dispute.evidence.values()):
        return True
    return DisputeNote.objects.for_merchant(dispute.merchant_id).filter(dispute_id=dispute.id).exists()
