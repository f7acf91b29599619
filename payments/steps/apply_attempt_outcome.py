"""Apply an outcome to an undecided attempt: transition, ledger, intent, events, all in the caller's transaction."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta

from foundation import clock
from foundation.transactions import joins_transaction
from payments import events
from payments.models import AttemptStatus, PaymentAttempt, PaymentIntent
from payments.psp.outcomes import (
    CardFacts,
    Declined,
    InquiryOutcome,
    NotFound,
    NotSent,
    Pending,
    RequiresAction,
    Returned,
    Succeeded,
    Unknown,
    Voided,
)
from payments.steps.announce import announce_payment
from payments.steps.book_charge import RETURNED, book_whole_capture
from payments.steps.follow_doubt import follow_doubt
from payments.steps.keep_consent import keep_mandate, keep_network_transaction, keep_used_method
from payments.steps.look_again import absence_proves, next_look, next_look_for_customer
from payments.steps.post_to_ledger import hold_authorization, release_authorization
from payments.steps.report_amount import report_amount
from payments.steps.settle_intent import settle_intent

SAVED_FIELDS = [
    "status",
    "amount_minor",
    "amount_captured_minor",
    "fee_minor",
    "psp_reference",
    "psp_charge_reference",
    "error_code",
    "decline_code",
    "network_advice_code",
    "unknown_reason",
    "card_facts",
    "latency_ms",
    "network_transaction_id",
    "mandate",
    "authorization_code",
    "next_action",
    "decided_at",
    "authorization_expires_at",
    "next_check_at",
    "ledger_entry_id",
]


@joins_transaction
def apply_attempt_outcome(
    intent: PaymentIntent, attempt: PaymentAttempt, outcome: InquiryOutcome, *, fails_over: bool = False
) -> None:
    """The intent and the attempt are locked. Writes both, the ledger and the events of the change, if any.

    fails_over: the caller opens the next try at once, so that the payment itself has not failed."""
    now = clock.now()
    before = attempt.status
    if isinstance(outcome, Succeeded) and outcome.amount.currency != attempt.currency:
        # Nothing can be booked on this attempt in another currency: a person has to look.
        attempt.psp_reference = outcome.psp_reference
        report_amount(intent, attempt, outcome.amount)
        outcome = Unknown(reason="currency_differs")
    if isinstance(outcome, Returned):
        # It came back before we heard that it had succeeded: no money is with us, and none was booked.
        outcome = Declined(code=outcome.code or RETURNED, psp_reference=outcome.psp_reference)
    if isinstance(outcome, Succeeded):
        types = _succeed(intent, attempt, outcome, now)
    elif isinstance(outcome, Declined):
        types = _decline(attempt, outcome, now)
    elif isinstance(outcome, RequiresAction):
        types = _require_action(intent, attempt, outcome, now)
    elif isinstance(outcome, Voided):
        types = _release(attempt, outcome, now)
    else:
        types = _stay_in_doubt(attempt, outcome, now)
    attempt.save(update_fields=SAVED_FIELDS)
    follow_doubt(attempt, subject_kind="attempt", payment_intent_id=intent.id, account=attempt.psp_account)
    if attempt.status == before:
        return
    settle_intent(intent, attempt)
    if fails_over:
        types = [type_ for type_ in types if type_ != events.PAYMENT_INTENT_PAYMENT_FAILED]
    announce_payment(intent, *types, attempt=attempt)


def _succeed(intent: PaymentIntent, attempt: PaymentAttempt, outcome: Succeeded, now: datetime) -> list[str]:
    attempt.psp_reference = outcome.psp_reference
    attempt.psp_charge_reference = outcome.psp_charge_reference
    attempt.network_transaction_id = outcome.network_transaction_id
    attempt.authorization_code = outcome.authorization_code
    _keep_card_facts(attempt, outcome.card)
    _close(attempt, now)
    _keep_for_later(intent, attempt, outcome)
    if outcome.amount != attempt.amount:
        report_amount(intent, attempt, outcome.captured or outcome.amount)
    if outcome.captured is None:
        # What the issuer holds is what can be captured, whatever was asked for.
        attempt.amount_minor = outcome.amount.amount_minor
        attempt.authorize()
        attempt.authorization_expires_at = now + timedelta(days=attempt.psp_account.authorization_days)
        hold_authorization(attempt, at=now)
        return [events.PAYMENT_INTENT_AMOUNT_CAPTURABLE_UPDATED, events.CHARGE_SUCCEEDED]
    attempt.succeed()
    book_whole_capture(intent, attempt, outcome, now=now)
    return [events.PAYMENT_INTENT_SUCCEEDED, events.CHARGE_SUCCEEDED]


def _decline(attempt: PaymentAttempt, outcome: Declined, now: datetime) -> list[str]:
    attempt.psp_reference = outcome.psp_reference or attempt.psp_reference
    attempt.psp_charge_reference = outcome.psp_charge_reference
    attempt.error_code = outcome.code[:64]
    attempt.decline_code = outcome.decline_code[:64]
    attempt.network_advice_code = outcome.advice_code[:8]
    _keep_card_facts(attempt, outcome.card)
    _close(attempt, now)
    attempt.decline()
    return [events.PAYMENT_INTENT_PAYMENT_FAILED, events.CHARGE_FAILED]


def _require_action(
    intent: PaymentIntent, attempt: PaymentAttempt, outcome: RequiresAction, now: datetime
) -> list[str]:
    attempt.psp_reference = outcome.psp_reference
    attempt.next_action = {
        "redirect_to_url": {
            "return_url": outcome.return_url or intent.return_url or None,
            "url": outcome.url,
        },
        "type": "redirect_to_url",
    }
    attempt.next_check_at = next_look_for_customer(attempt, attempt.psp_account, now)
    if attempt.status == AttemptStatus.REQUIRES_ACTION:
        return []
    attempt.require_action()
    return [events.PAYMENT_INTENT_REQUIRES_ACTION]


def _release(attempt: PaymentAttempt, outcome: Voided, now: datetime) -> list[str]:
    was_held = attempt.status == AttemptStatus.AUTHORIZED
    if outcome.is_expiry and (was_held or attempt.status == AttemptStatus.REQUIRES_ACTION):
        attempt.expire()
    else:
        attempt.void()
    _close(attempt, now)
    if was_held:
        release_authorization(attempt, has_expired=outcome.is_expiry, at=now)
    types = [events.PAYMENT_INTENT_CANCELED]
    return [*types, events.CHARGE_EXPIRED] if was_held and outcome.is_expiry else types


def _stay_in_doubt(
    attempt: PaymentAttempt, outcome: Pending | NotSent | Unknown | NotFound, now: datetime
) -> list[str]:
    if isinstance(outcome, NotSent) or (
        isinstance(outcome, NotFound) and absence_proves(attempt, attempt.psp_account, now)
    ):
        _close(attempt, now)
        attempt.never_happened()
        return [events.PAYMENT_INTENT_PAYMENT_FAILED]
    attempt.next_check_at = next_look(attempt, attempt.psp_account, now, outcome)
    if isinstance(outcome, Pending):
        attempt.psp_reference = outcome.psp_reference
        attempt.psp_charge_reference = outcome.psp_charge_reference or attempt.psp_charge_reference
        attempt.next_action = None
        _keep_mandate(attempt, outcome)
        if attempt.status != AttemptStatus.PENDING:
            attempt.wait()
        return [events.PAYMENT_INTENT_PROCESSING, events.CHARGE_PENDING]
    if attempt.status == AttemptStatus.SUBMITTING:
        attempt.lose_sight()
        attempt.unknown_reason = getattr(outcome, "reason", "not_found_yet")[:255]
        return [events.PAYMENT_INTENT_PROCESSING]
    return []


def _keep_for_later(intent: PaymentIntent, attempt: PaymentAttempt, outcome: Succeeded) -> None:
    _keep_mandate(attempt, outcome)
    keep_network_transaction(attempt)
    keep_used_method(intent, attempt)


def _keep_mandate(attempt: PaymentAttempt, outcome: Succeeded | Pending) -> None:
    attempt.mandate = attempt.mandate or keep_mandate(
        merchant_id=attempt.merchant_id,
        payment_method_id=attempt.payment_method_id,
        account=attempt.psp_account,
        psp_reference=outcome.mandate_reference,
    )


def _keep_card_facts(attempt: PaymentAttempt, card: CardFacts | None) -> None:
    if card is not None:
        attempt.card_facts = {name: value for name, value in asdict(card).items() if value}


def _close(attempt: PaymentAttempt, now: datetime) -> None:
    attempt.decided_at = now
    attempt.next_check_at = None
    attempt.next_action = None
