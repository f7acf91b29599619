"""Cancel a setup intent."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import owns_transaction
from payments import events
from payments.errors import SetupIntentUnexpectedState
from payments.locks import lock_setup_intent
from payments.models import SetupIntent, SetupIntentStatus
from payments.steps.announce import announce_setup_intent

CANCELABLE = (
    SetupIntentStatus.REQUIRES_PAYMENT_METHOD,
    SetupIntentStatus.REQUIRES_CONFIRMATION,
    SetupIntentStatus.REQUIRES_ACTION,
)


@owns_transaction
def cancel_setup_intent(*, merchant_id: UUID, setup_intent_id: UUID, reason: str = "") -> SetupIntent:
    """No money hangs on it, so the PSP need not agree. Raises: ResourceMissing, SetupIntentUnexpectedState.

    Writes: the setup intent, setup_intent.canceled. Safe to repeat: a canceled one is refused.
    """
    setup = lock_setup_intent(merchant_id=merchant_id, setup_intent_id=setup_intent_id)
    if setup.status not in CANCELABLE:
        raise SetupIntentUnexpectedState(f"A setup intent in status {setup.status} can not be canceled.")
    setup.cancel()
    setup.cancellation_reason = reason
    setup.next_action = None
    setup.next_check_at = None
    setup.save()
    announce_setup_intent(setup, events.SETUP_INTENT_CANCELED)
    return setup
