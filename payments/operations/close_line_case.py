"""End the question whose a settlement line is: it is explained."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import owns_transaction
from payments.models import CaseKind
from payments.steps.close_cases import close_cases


@owns_transaction
def close_line_case(*, merchant_id: UUID, break_id: UUID) -> None:
    """break_id: of the reconciliation's break, which holds the line.

    Writes: the case, if one was open, and case.resolved. Safe to repeat.
    """
    close_cases(merchant_id=merchant_id, subject_kind="line", subject_id=break_id, kinds=[CaseKind.UNMATCHED])
