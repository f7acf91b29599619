"""Refund a charge with an early fraud warning where the merchant's rule says that it costs less than a dispute."""

from __future__ import annotations

from uuid import UUID

from disputes.locks import lock_fraud_warning_of_reference
from disputes.queries.disputes import find_policy, get_fraud_warning
from disputes.rules import may_refund_warned
from foundation.errors import DomainError, LockTimeout
from foundation.ids import new_id
from foundation.money import Money
from foundation.transactions import outside_transaction, owns_transaction
from payments.operations.request_refund import request_refund
from payments.queries.payment_intents import get_attempt


@outside_transaction
def refund_warned_charge(*, merchant_id: UUID, warning_id: UUID) -> bool:
    """Answers whether a refund was promised.

    Raises: ResourceMissing, LockTimeout. Writes: the warning's refund_id; as request_refund.
    Safe to repeat: the refund's id is on disk before it is asked for, and is taken back when it is refused.
    """
    warning = get_fraud_warning(merchant_id=merchant_id, warning_id=warning_id)
    policy = find_policy(merchant_id)
    attempt = get_attempt(merchant_id=merchant_id, attempt_id=warning.attempt_id)
    charge = Money(attempt.amount_captured_minor - attempt.amount_refunded_minor, attempt.currency)
    if policy is None or not policy.refunds_fraud_warnings or not warning.is_actionable:
        return False
    if not may_refund_warned(charge, Money(policy.dispute_fee_minor, policy.currency)).applies:
        return False
    refund_id = _promise(merchant_id, warning.psp_account_id, warning.psp_reference)
    try:
        request_refund(
            merchant_id=merchant_id,
            payment_intent_id=warning.payment_intent_id,
            refund_id=refund_id,
            reason="fraudulent",
            note=f"By rule, after early fraud warning {warning.public_id}.",
        )
    except LockTimeout:
        # Somebody else is at the payment: that refuses nothing, and the next try finds its refund by its id.
        raise
    except DomainError:
        # Disputed, refunded or in doubt in the meantime: the warning names no refund that is not there.
        _take_back(merchant_id, warning.psp_account_id, warning.psp_reference, refund_id)
        return False
    return True


@owns_transaction
def _promise(merchant_id: UUID, psp_account_id: UUID, psp_reference: str) -> UUID:
    warning = lock_fraud_warning_of_reference(
        merchant_id=merchant_id, psp_account_id=psp_account_id, psp_reference=psp_reference
    )
    if warning.refund_id is None:
        warning.refund_id = new_id()
        warning.save(update_fields=["refund_id"])
    return warning.refund_id


@owns_transaction
def _take_back(merchant_id: UUID, psp_account_id: UUID, psp_reference: str, refund_id: UUID) -> None:
    warning = lock_fraud_warning_of_reference(
        merchant_id=merchant_id, psp_account_id=psp_account_id, psp_reference=psp_reference
    )
    if warning.refund_id == refund_id:
        warning.refund_id = None
        warning.save(update_fields=["refund_id"])
