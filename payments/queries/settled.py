"""Statement lines that name a movement: positive proof, whatever anybody else says."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from foundation.money import Money
from ledger.reconciliation.queries.breaks import get_break, list_missing_here
from ledger.reconciliation.queries.matches import list_matches_of_entry
from payments.models import Capture, CaptureStatus, PaymentAttempt, PspAccount, Refund
from payments.models.case_subjects import Subject

CHARGE = "charge"
UNDECIDED = ("submitting", "unknown")
CAPTURES = 100
"""Of one charge, the newest."""


@dataclass(frozen=True, slots=True)
class SettledLine:
    """One line of a PSP's statement. break_id: of the break that says our books lack it; None where they have it.

    name: the PSP's id of the line. kind: a movement of ledger.reconciliation. reference: the PSP's name of the
    movement; order_reference: of the payment it belongs to, the PSP's or ours. gross and fee: signed from the
    merchant's side, in a currency that ISO 4217 knows: of another, a line is neither missing nor matched."""

    name: str
    kind: str
    reference: str
    order_reference: str
    gross: Money
    fee: Money
    occurred_at: datetime
    break_id: UUID | None = None


def get_missing_line(*, merchant_id: UUID, break_id: UUID) -> tuple[str, SettledLine] | None:
    """(public id of the PSP account, the line) of an open break that our books lack; None once it has ended.

    Raises ResourceMissing."""
    found = get_break(merchant_id, break_id)
    if found.line is None or not found.is_open:
        return None
    return found.psp_account, _line(found.line, break_id=found.id)


def list_settled_lines(subject: Subject) -> list[SettledLine]:
    """Of one movement, in the books or missing there; bounded by the ledger's queries."""
    account, row = subject.account, subject.row
    if account is None or not isinstance(row, PaymentAttempt | Capture | Refund):
        return []
    lines = [
        _line(found.line, break_id=found.id)
        for found in list_missing_here(row.merchant_id, account.public_id, _references(subject))
        if found.line is not None and _is_of(found.line.kind, row)
    ]
    if row.ledger_entry_id:
        lines += [_line(match.line) for match in list_matches_of_entry(row.merchant_id, row.ledger_entry_id)]
    return lines


def find_attempt_of_line(account: PspAccount, line: SettledLine) -> PaymentAttempt | None:
    """By the references that the PSP gave us of it, or by our key."""
    rows = PaymentAttempt.objects.for_merchant(account.merchant_id).filter(psp_account_id=account.id)
    named = [name for name in (line.order_reference, line.reference) if name]
    found = rows.filter(psp_reference__in=named).first() if named else None
    if found is None and line.reference:
        found = rows.filter(psp_charge_reference=line.reference).first()
    if found is None and line.order_reference:
        found = rows.filter(psp_key=line.order_reference).first()
    return found


def find_refund_of_line(account: PspAccount, line: SettledLine) -> Refund | None:
    rows = Refund.objects.for_merchant(account.merchant_id).filter(attempt__psp_account_id=account.id)
    return rows.filter(psp_reference=line.reference).first() if line.reference else None


def find_doubtful_refund(account: PspAccount, line: SettledLine) -> Refund | None:
    """The one refund in doubt of that payment and amount, for PSPs that can not be asked whose a refund is."""
    attempt = find_attempt_of_line(account, line)
    if attempt is None:
        return None
    rows = Refund.objects.for_merchant(account.merchant_id).filter(
        attempt_id=attempt.id,
        psp_reference="",
        amount_minor=abs(line.gross).amount_minor,
        currency=line.gross.currency,
        status__in=UNDECIDED,
    )
    candidates = list(rows[:2])
    return candidates[0] if len(candidates) == 1 else None


def awaits_line(*, merchant_id: UUID, entry_id: UUID | None) -> bool:
    """Whether an entry of ours has no line yet: the next run of the reconciliation finds the two."""
    return entry_id is not None and not list_matches_of_entry(merchant_id, entry_id).exists()


def is_charge_booked(attempt: PaymentAttempt, line: SettledLine) -> bool:
    """Whether a capture of that amount was booked while the line was on its way."""
    rows = Capture.objects.for_merchant(attempt.merchant_id).filter(
        attempt_id=attempt.id,
        status=CaptureStatus.SUCCEEDED,
        amount_minor=line.gross.amount_minor,
        currency=line.gross.currency,
    )
    entries = rows.order_by("-id").values_list("ledger_entry_id", flat=True)[:CAPTURES]
    return any(awaits_line(merchant_id=attempt.merchant_id, entry_id=entry_id) for entry_id in entries)


def _references(subject: Subject) -> Collection[str]:
    attempt, row = subject.attempt, subject.row
    names = [row.psp_reference]
    if attempt is not None and not isinstance(row, Refund):
        names += [attempt.psp_reference, attempt.psp_charge_reference]
    return {name for name in names if name}


def _is_of(kind: str, row: PaymentAttempt | Capture | Refund) -> bool:
    return kind == ("refund" if isinstance(row, Refund) else CHARGE)


def _line(line: Any, break_id: UUID | None = None) -> SettledLine:
    return SettledLine(
        name=line.line_key,
        kind=line.kind,
        reference=line.reference,
        order_reference=line.order_reference,
        gross=Money(line.gross_minor, line.currency),
        fee=Money(line.fee_minor, line.currency),
        occurred_at=line.occurred_at,
        break_id=break_id,
    )
