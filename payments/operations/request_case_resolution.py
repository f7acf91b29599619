"""Ask for a case to be resolved, with proof. Nothing is recorded until another person approves."""

from __future__ import annotations

from uuid import UUID

from foundation import clock
from foundation.context import current
from foundation.money import Money
from foundation.transactions import owns_transaction
from payments.errors import (
    CaseAlreadyResolved,
    CaseResolutionDiffers,
    CaseResolutionPending,
    CaseVerdictRefused,
)
from payments.locks import lock_case
from payments.models import Case, CaseKind, CaseResolution, CaseVerdict, PaymentAttempt
from payments.models.case_subjects import Subject, allowed_verdicts
from payments.psp.outcomes import Succeeded
from payments.queries.cases import find_open_resolution, find_subject_of_case
from payments.queries.payment_intents import get_attempt
from payments.steps.correct_attempt import refuse_unless_liftable
from payments.steps.resolution_parameters import hash_of, outcome_of


@owns_transaction
def request_case_resolution(
    *,
    merchant_id: UUID,
    case_id: UUID,
    resolution_id: UUID,
    verdict: CaseVerdict,
    proof: str,
    proof_reference: str,
    amount: Money | None = None,
    attempt_id: UUID | None = None,
) -> CaseResolution:
    """Say what became of the case's movement, and how one knows.

    resolution_id: chosen by the caller, such as a form's one-time key. amount: with other_amount, what moved, in
    minor units of the movement's currency. attempt_id: for an unmatched case, the charge that it belongs to.
    proof: 1 to 1,000 characters; proof_reference: the PSP's reference, ticket or file, 1 to 255.
    Raises: ResourceMissing, CaseAlreadyResolved, CaseVerdictRefused, CaseResolutionPending, CaseNotRecordable;
    CaseResolutionDiffers when the id is taken by another request.
    Writes: one CaseResolution. Safe to repeat: by the id.
    """
    case = lock_case(merchant_id=merchant_id, case_id=case_id)
    wanted = CaseResolution(
        id=resolution_id,
        merchant_id=merchant_id,
        case=case,
        verdict=verdict,
        amount_minor=amount.amount_minor if amount else None,
        currency=amount.currency if amount else "",
        attempt=_named_attempt(case, attempt_id),
        proof=proof.strip(),
        proof_reference=proof_reference.strip(),
        requested_by=current().actor[:150],
        requested_at=clock.now(),
    )
    subject = find_subject_of_case(case, wanted.attempt)
    wanted.subject_version = subject.version if subject else ""
    wanted.parameters_hash = hash_of(wanted)
    standing = CaseResolution.objects.for_merchant(merchant_id).filter(pk=resolution_id).first()
    if standing is not None:
        if standing.parameters_hash != wanted.parameters_hash:
            raise CaseResolutionDiffers("This request was made already, with other parameters.")
        return standing
    if case.resolved_at is not None:
        raise CaseAlreadyResolved()
    if find_open_resolution(case) is not None:
        raise CaseResolutionPending()
    refuse_unless_resolvable(wanted, subject)
    wanted.save(force_insert=True)
    return wanted


def refuse_unless_resolvable(resolution: CaseResolution, subject: Subject | None) -> None:
    """Raises CaseVerdictRefused, CaseNotRecordable."""
    verdict, amount = CaseVerdict(resolution.verdict), resolution.amount
    if verdict not in allowed_verdicts(resolution.case.kind, subject):
        raise CaseVerdictRefused(param="verdict")
    if (verdict == CaseVerdict.OTHER_AMOUNT) != (amount is not None):
        raise CaseVerdictRefused(
            "Another amount is given with that verdict, and with no other.", param="amount"
        )
    if subject is None or verdict == CaseVerdict.KEEP_OURS:
        return
    if amount is not None and subject.amount is not None and amount.currency != subject.amount.currency:
        raise CaseVerdictRefused("The amount is in the movement's own currency.", param="amount")
    outcome = outcome_of(resolution, subject)
    intent, attempt = subject.intent, subject.attempt
    lifts = subject.kind == "attempt" and not subject.is_undecided and isinstance(outcome, Succeeded)
    if lifts and intent is not None and attempt is not None:
        refuse_unless_liftable(intent, attempt, takes_money=getattr(outcome, "captured", None) is not None)


def _named_attempt(case: Case, attempt_id: UUID | None) -> PaymentAttempt | None:
    if attempt_id is None:
        return None
    if case.kind != CaseKind.UNMATCHED:
        raise CaseVerdictRefused("The case is about a movement of ours already.", param="attempt")
    return get_attempt(merchant_id=case.merchant_id, attempt_id=attempt_id)
