"""Record what became of a setup intent: the one door for the answer of the call, the webhook and the inquiry."""

from __future__ import annotations

from uuid import UUID

from foundation import clock
from foundation.transactions import owns_transaction
from payments import events
from payments.declines import decline_message
from payments.locks import lock_setup_intent
from payments.models import PspAccount, SetupIntent, SetupIntentStatus
from payments.models.case_subjects import Subject
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
from payments.steps.follow_doubt import follow_doubt
from payments.steps.keep_consent import keep_mandate, stage_attachment
from payments.steps.look_again import absence_proves, is_abandoned, next_look, next_look_for_customer
from payments.steps.record_call import record_call
from payments.steps.use_resolution import PersonProof, use_proof

UNDECIDED = (SetupIntentStatus.PROCESSING, SetupIntentStatus.REQUIRES_ACTION)


@owns_transaction
def record_setup_outcome(
    *,
    merchant_id: UUID,
    setup_intent_id: UUID,
    outcome: InquiryOutcome,
    call: CallRecord | None,
    proof: PersonProof | None = None,
) -> SetupIntent:
    """proof: of people, in place of a PSP's word.

    Raises: ResourceMissing. Writes: the PSP call, the setup intent, an event; a case for what stays unknown too long.

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
    if proof is not None and not use_proof(proof, Subject("setup_intent", setup, None, None, account)):
        return setup
    now = clock.now()
    event = ""
    setup.next_check_at = None
    if isinstance(outcome, Succeeded):
        setup.psp_reference, setup.next_action = outcome.psp_reference, None
        _keep_for_later(setup, account, outcome)
        setup.succeed()
        event = events.SETUP_INTENT_SUCCEEDED
    elif isinstance(outcome, Voided):
        setup.next_action = None
        setup.cancel()
        event = events.SETUP_INTENT_CANCELED
    elif isinstance(outcome, RequiresAction):
        event = _require_action(setup, outcome)
        setup.next_check_at = next_look_for_customer(setup, account, now)
        if is_abandoned(setup, now):
            event = _give_up(setup)
    elif isinstance(outcome, Declined | NotSent) or (
        isinstance(outcome, NotFound) and absence_proves(setup, account, now)
    ):
        _decline(setup, outcome)
        event = events.SETUP_INTENT_SETUP_FAILED
    else:
        setup.next_check_at = next_look(setup, account, now, outcome)
    setup.save()
    if event:
        announce_setup_intent(setup, event)
    follow_doubt(setup, subject_kind="setup_intent", payment_intent_id=None, account=account)
    return setup


def _give_up(setup: SetupIntent) -> str:
    """Nothing was charged and nothing will be: the customer may begin anew."""
    setup.next_action, setup.next_check_at = None, None
    setup.cancellation_reason = "abandoned"
    setup.cancel()
    return events.SETUP_INTENT_CANCELED


def _keep_for_later(setup: SetupIntent, account: PspAccount, outcome: Succeeded) -> None:
    """What the customer agreed to, and with a customer the method itself."""
    assert setup.payment_method_id is not None, "it was confirmed with one"
    setup.mandate = keep_mandate(
        merchant_id=setup.merchant_id,
        payment_method_id=setup.payment_method_id,
        account=account,
        psp_reference=outcome.mandate_reference,
    )
    if setup.customer_id is not None:
        stage_attachment(
            merchant_id=setup.merchant_id,
            payment_method_id=setup.payment_method_id,
            customer_id=setup.customer_id,
        )


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
