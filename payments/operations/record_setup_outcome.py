"""Record what became of a setup intent: the one door for the answer of the call, the webhook and the inquiry."""

from __future__ import annotations

from uuid import UUID

from foundation import clock
from foundation.transactions import owns_transaction
from payments import events
from payments.declines import decline_message
from payments.locks import lock_setup_intent
from payments.models import SetupIntent, SetupIntentStatus
from payments.psp.outcomes import (
    CallRecord,
    Declined,
    InquiryOutcome,
    NotFound,
    NotSent,
    RequiresAction,
    Succeeded,
    Voided,
)
from payments.steps.announce import announce_setup_intent
from payments.steps.look_again import absence_proves, next_look
from payments.steps.record_call import record_call

UNDECIDED = (SetupIntentStatus.PROCESSING, SetupIntentStatus.REQUIRES_ACTION)


@owns_transaction
def record_setup_outcome(
    *, merchant_id: UUID, setup_intent_id: UUID, outcome: InquiryOutcome, call: CallRecord | None
) -> SetupIntent:
    """Raises: ResourceMissing. Writes: the PSP call, the setup intent, an event.

    Safe to repeat: a setup intent that is decided stays as it is."""
    setup = lock_setup_intent(merchant_id=merchant_id, setup_intent_id=setup_intent_id)
    account = setup.psp_account
    if account is None:
        return setup
    if call is not None:
        record_call(
            call,
            psp_account=account,
            subject_kind="setup_intent",
            subject_id=setup.id,
            payment_intent_id=None,
        )
    if setup.status not in UNDECIDED:
        return setup
    now = clock.now()
    event = ""
    setup.next_check_at = None
    if isinstance(outcome, Succeeded):
        setup.psp_reference, setup.next_action = outcome.psp_reference, None
        setup.succeed()
        event = events.SETUP_INTENT_SUCCEEDED
    elif isinstance(outcome, Voided):
        setup.next_action = None
        setup.cancel()
        event = events.SETUP_INTENT_CANCELED
    elif isinstance(outcome, RequiresAction):
        event = _require_action(setup, outcome)
        setup.next_check_at = next_look(setup, account, now)
    elif isinstance(outcome, Declined | NotSent) or (
        isinstance(outcome, NotFound) and absence_proves(setup, account, now)
    ):
        _decline(setup, outcome)
        event = events.SETUP_INTENT_SETUP_FAILED
    else:
        setup.next_check_at = next_look(setup, account, now)
    setup.save()
    if event:
        announce_setup_intent(setup, event)
    return setup


def _require_action(setup: SetupIntent, outcome: RequiresAction) -> str:
    setup.psp_reference = outcome.psp_reference
    setup.next_action = {
        "redirect_to_url": {"return_url": setup.return_url or None, "url": outcome.url},
        "type": "redirect_to_url",
    }
    if setup.status == SetupIntentStatus.REQUIRES_ACTION:
        return ""
    setup.require_action()
    return events.SETUP_INTENT_REQUIRES_ACTION


def _decline(setup: SetupIntent, outcome: Declined | NotSent | NotFound) -> None:
    setup.next_action = None
    if isinstance(outcome, Declined):
        setup.psp_reference = outcome.psp_reference
        setup.last_setup_error = {
            "code": outcome.code,
            **({"decline_code": outcome.decline_code} if outcome.decline_code else {}),
            "message": decline_message(outcome.code, outcome.decline_code),
            "type": "card_error",
        }
    else:
        setup.last_setup_error = {
            "code": "psp_unavailable",
            "message": "The PSP could not be reached. Confirm again.",
            "type": "api_error",
        }
    setup.decline()
