"""Ask the PSP about one movement at once, and answer with what it said: somebody is looking at the desk."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from foundation.errors import ResourceMissing
from foundation.transactions import outside_transaction
from payments.errors import UnexpectedState
from payments.operations.record_movement_outcome import record_movement_outcome
from payments.psp.registry import connector_for
from payments.queries.cases import find_subject
from payments.queries.inquiries import again_of, inquiry_of
from payments.queries.psp_orders import credentials_of


@outside_transaction
def ask_about_movement(*, merchant_id: UUID, kind: str, subject_id: UUID) -> str:
    """The word of the PSP's answer (succeeded, declined, not_found, unknown …); it is recorded like any other.

    kind: attempt, void, capture, increment, refund or setup_intent. Decided movements are asked about too: an
    answer that agrees ends their contradiction, another makes one.
    Raises: ResourceMissing; UnexpectedState for what no PSP has heard of.
    Writes: the PSP call, and as the record_ operation. Safe to repeat: an inquiry changes nothing at the PSP.
    """
    subject = find_subject(merchant_id=merchant_id, kind=kind, subject_id=subject_id)
    if subject is None:
        raise ResourceMissing("No such movement.")
    if subject.account is None or subject.row.status == "created":
        raise UnexpectedState("The PSP has not heard of it: there is nothing to ask.")
    connector, request = connector_for(subject.account.psp), inquiry_of(subject)
    if connector.capabilities.inquires_by_repeating and (again := again_of(subject)) is not None:
        request = replace(request, **again)
    answer = connector.inquire(credentials_of(subject.account), request)
    record_movement_outcome(subject=subject, outcome=answer.outcome, call=answer.call)
    return answer.outcome.word
