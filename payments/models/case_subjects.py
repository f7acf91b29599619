"""The movement that a case is about, and which verdicts people may give on it. Pure: rows in, words out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256

from foundation.money import Money
from payments.models.attempts import ENDED_WITHOUT_MONEY, AttemptStatus, PaymentAttempt
from payments.models.captures import Capture, CaptureStatus
from payments.models.cases import CaseKind, CaseVerdict
from payments.models.increments import AuthorizationIncrement
from payments.models.intents import PaymentIntent
from payments.models.psp import PspAccount
from payments.models.refunds import Refund, RefundStatus
from payments.models.setup_intents import SetupIntent, SetupIntentStatus

Movement = PaymentAttempt | Capture | AuthorizationIncrement | Refund | SetupIntent

THREE = (CaseVerdict.HAPPENED, CaseVerdict.OTHER_AMOUNT, CaseVerdict.DID_NOT_HAPPEN)
TWO = (CaseVerdict.HAPPENED, CaseVerdict.DID_NOT_HAPPEN)
TAKEN = (AttemptStatus.SUCCEEDED, AttemptStatus.PARTIALLY_CAPTURED)
RELEASED = (AttemptStatus.VOIDED, AttemptStatus.EXPIRED)


@dataclass(frozen=True, slots=True)
class Subject:
    """kind: as Case.subject_kind, with a movement of ours behind it. attempt, intent: none of a setup intent."""

    kind: str
    row: Movement
    attempt: PaymentAttempt | None
    intent: PaymentIntent | None
    account: PspAccount | None

    @property
    def amount(self) -> Money | None:
        return None if isinstance(self.row, SetupIntent) else self.row.amount

    @property
    def is_undecided(self) -> bool:
        if isinstance(self.row, SetupIntent):
            return self.row.status in (SetupIntentStatus.PROCESSING, SetupIntentStatus.REQUIRES_ACTION)
        if self.kind == "void":
            return isinstance(self.row, PaymentAttempt) and self.row.is_live and bool(self.row.void_key)
        return self.row.is_undecided

    @property
    def version(self) -> str:
        """What an approval is bound to: it changes with the movement, and not with looks at it."""
        row, intent = self.row, self.intent
        attempt = self.attempt
        told = [
            self.kind,
            str(row.pk),
            str(row.status),
            row.psp_reference,
            str(self.amount),
            intent.version if intent else 0,
            attempt.status if attempt else "",
            [attempt.amount_captured_minor, attempt.amount_refunded_minor] if attempt else [],
            bool(attempt and attempt.void_requested_at),
        ]
        return sha256(json.dumps(told).encode()).hexdigest()


def allowed_verdicts(kind: str, subject: Subject | None) -> tuple[CaseVerdict, ...]:
    """Which verdicts can be recorded. subject: None while nothing of ours is named by an unmatched case."""
    keep = (CaseVerdict.KEEP_OURS,)
    if subject is None:
        return keep
    if subject.is_undecided:
        return TWO if subject.kind in ("void", "setup_intent", "increment") else THREE
    if kind not in (CaseKind.CONTRADICTION, CaseKind.UNMATCHED):
        return keep
    return (*_corrections(subject), *keep)


def _corrections(subject: Subject) -> tuple[CaseVerdict, ...]:
    row = subject.row
    if isinstance(row, PaymentAttempt) and subject.kind == "attempt":
        if row.status in ENDED_WITHOUT_MONEY:
            return (CaseVerdict.HAPPENED, CaseVerdict.OTHER_AMOUNT)
        if row.status == AttemptStatus.AUTHORIZED:
            return THREE
        return (CaseVerdict.DID_NOT_HAPPEN,) if row.status in TAKEN else ()
    if isinstance(row, Capture) and row.status == CaptureStatus.FAILED:
        return (CaseVerdict.HAPPENED, CaseVerdict.OTHER_AMOUNT)
    if isinstance(row, Capture) and row.status == CaptureStatus.SUCCEEDED:
        return (CaseVerdict.DID_NOT_HAPPEN,)
    if isinstance(row, Refund) and row.status in (RefundStatus.FAILED, RefundStatus.CANCELED):
        return (CaseVerdict.HAPPENED, CaseVerdict.OTHER_AMOUNT)
    return ()
