"""Put a movement in doubt before people now, earlier than its schedule would."""

from __future__ import annotations

from uuid import UUID

from foundation.errors import ResourceMissing
from foundation.transactions import owns_transaction
from payments.errors import UnexpectedState
from payments.models import Case
from payments.queries.cases import find_case_of, find_subject
from payments.steps.follow_doubt import report_doubt


@owns_transaction
def open_doubt_case(*, merchant_id: UUID, kind: str, subject_id: UUID) -> Case:
    """The case about the movement: the one that is open, or a new one.

    Raises: ResourceMissing; UnexpectedState for what is not in doubt. Writes: a case and case.opened.
    Safe to repeat: an open case is answered as it is.
    """
    subject = find_subject(merchant_id=merchant_id, kind=kind, subject_id=subject_id)
    if subject is None:
        raise ResourceMissing("No such movement.")
    found = find_case_of(merchant_id=merchant_id, subject_kind=kind, subject_id=subject_id)
    if found is not None:
        return found
    if not subject.is_undecided or subject.row.status == "created":
        raise UnexpectedState("Nothing about it is in doubt.")
    intent_id = subject.intent.id if subject.intent else None
    report_doubt(subject.row, kind, intent_id, getattr(subject.row, "unknown_reason", ""))
    opened = find_case_of(merchant_id=merchant_id, subject_kind=kind, subject_id=subject_id)
    assert opened is not None, "it was just opened"
    return opened
