"""Record an issuer's early report of fraud: no dispute yet, and a refund now may prevent one."""

from __future__ import annotations

from uuid import UUID

from disputes import events
from disputes.locks import lock_fraud_warning_of_reference
from disputes.models import FraudWarning
from disputes.queries.disputes import has_dispute
from disputes.steps.announce import announce_fraud_warning
from foundation.transactions import owns_transaction
from payments.psp.disputes import FraudWarningNews
from payments.queries.payment_intents import get_attempt


@owns_transaction
def record_fraud_warning(*, merchant_id: UUID, attempt_id: UUID, news: FraudWarningNews) -> FraudWarning:
    """Write the warning, actionable while the charge is neither disputed nor refunded in full.

    Raises: ResourceMissing. Writes: the warning, radar.early_fraud_warning.created or .updated.
    Safe to repeat: one warning per reference of the PSP.
    """
    attempt = get_attempt(merchant_id=merchant_id, attempt_id=attempt_id)
    is_actionable = (
        news.is_actionable
        and attempt.amount_refunded_minor < attempt.amount_captured_minor
        and not has_dispute(merchant_id=merchant_id, attempt_id=attempt_id)
    )
    made = FraudWarning(
        merchant_id=merchant_id,
        payment_intent_id=attempt.payment_intent_id,
        attempt_id=attempt_id,
        psp_account_id=attempt.psp_account_id,
        psp_reference=news.psp_reference,
        fraud_type=news.fraud_type,
        is_actionable=is_actionable,
        opened_at=news.opened_at,
    )
    FraudWarning.across_merchants.bulk_create([made], ignore_conflicts=True)
    warning = lock_fraud_warning_of_reference(
        merchant_id=merchant_id, psp_account_id=attempt.psp_account_id, psp_reference=news.psp_reference
    )
    if warning.id == made.id:
        announce_fraud_warning(warning, events.FRAUD_WARNING_CREATED)
    elif warning.is_actionable and not is_actionable:
        warning.is_actionable = False
        warning.save(update_fields=["is_actionable"])
        announce_fraud_warning(warning, events.FRAUD_WARNING_UPDATED)
    return warning
