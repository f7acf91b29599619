"""What a PSP tells of a dispute or an early fraud warning, in the house's words. Free of Django.

Payments receives it and passes it up as an event; what it means is decided a floor above. Facts travel as JSON, so
each dataclass says how it is written and read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from foundation.money import Money
from payments.psp.outcomes import CallRecord, Outcome

DISPUTE_NEWS = "dispute"
FRAUD_WARNING_NEWS = "fraud_warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class FundMovement:
    """Money that the PSP took for a dispute or gave back. amount: positive given to us, negative taken from us.
    fee: positive charged, negative returned. is_counter_fee: charged for contesting, not for the dispute itself."""

    movement_id: str
    amount: Money
    fee: Money
    is_counter_fee: bool = False
    occurred_at: datetime

    def as_json(self) -> dict[str, Any]:
        return {
            "movement_id": self.movement_id,
            "amount_minor": self.amount.amount_minor,
            "fee_minor": self.fee.amount_minor,
            "currency": self.amount.currency,
            "is_counter_fee": self.is_counter_fee,
            "occurred_at": self.occurred_at.isoformat(),
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> FundMovement:
        return cls(
            movement_id=told["movement_id"],
            amount=Money(told["amount_minor"], told["currency"]),
            fee=Money(told["fee_minor"], told["currency"]),
            is_counter_fee=told["is_counter_fee"],
            occurred_at=datetime.fromisoformat(told["occurred_at"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeNews:
    """A dispute as the PSP has it at told_at: all of it, with every fund movement so far.

    psp_reference: the PSP's id of the dispute. status: Stripe's words. stage: inquiry, chargeback,
    second_chargeback, pre_arbitration or arbitration. reason: Stripe's category; empty where this report says none.
    evidence_due_at: None when there is nothing to answer, or the PSP does not say. is_prevented: resolved with the
    issuer before it became a dispute.
    """

    psp_reference: str
    status: str
    stage: str
    amount: Money
    reason: str = "general"
    network: str = ""
    network_reason_code: str = ""
    evidence_due_at: datetime | None = None
    is_charge_refundable: bool = False
    is_prevented: bool = False
    submission_count: int = 0
    opened_at: datetime
    told_at: datetime
    movements: tuple[FundMovement, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "psp_reference": self.psp_reference,
            "status": self.status,
            "stage": self.stage,
            "amount_minor": self.amount.amount_minor,
            "currency": self.amount.currency,
            "reason": self.reason,
            "network": self.network,
            "network_reason_code": self.network_reason_code,
            "evidence_due_at": self.evidence_due_at.isoformat() if self.evidence_due_at else None,
            "is_charge_refundable": self.is_charge_refundable,
            "is_prevented": self.is_prevented,
            "submission_count": self.submission_count,
            "opened_at": self.opened_at.isoformat(),
            "told_at": self.told_at.isoformat(),
            "movements": [movement.as_json() for movement in self.movements],
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> DisputeNews:
        due = told["evidence_due_at"]
        return cls(
            psp_reference=told["psp_reference"],
            status=told["status"],
            stage=told["stage"],
            amount=Money(told["amount_minor"], told["currency"]),
            reason=told["reason"],
            network=told["network"],
            network_reason_code=told["network_reason_code"],
            evidence_due_at=datetime.fromisoformat(due) if due else None,
            is_charge_refundable=told["is_charge_refundable"],
            is_prevented=told["is_prevented"],
            submission_count=told["submission_count"],
            opened_at=datetime.fromisoformat(told["opened_at"]),
            told_at=datetime.fromisoformat(told["told_at"]),
            movements=tuple(FundMovement.from_json(movement) for movement in told["movements"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FraudWarningNews:
    """An issuer's early report of fraud: no dispute yet, and a refund now may prevent one.

    fraud_type: Stripe's words (made_with_stolen_card, card_never_received …)."""

    psp_reference: str
    fraud_type: str
    opened_at: datetime
    is_actionable: bool = True

    def as_json(self) -> dict[str, Any]:
        return {
            "psp_reference": self.psp_reference,
            "fraud_type": self.fraud_type,
            "opened_at": self.opened_at.isoformat(),
            "is_actionable": self.is_actionable,
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> FraudWarningNews:
        return cls(
            psp_reference=told["psp_reference"],
            fraud_type=told["fraud_type"],
            opened_at=datetime.fromisoformat(told["opened_at"]),
            is_actionable=told["is_actionable"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceUpload:
    """A file of evidence. content: PDF, JPEG or PNG, as uploaded."""

    filename: str
    content_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRequest:
    """Send evidence, once. psp_key: ours. texts and files: by Stripe's names of the fields (27 in all).
    has_pack: the file in `uncategorized_file` is our own pack, in which all the texts stand. is_inquiry: an issuer
    only asks."""

    psp_key: str
    psp_reference: str
    reason: str = ""
    network_reason_code: str = ""
    texts: Mapping[str, str] = field(default_factory=dict, repr=False)
    files: Mapping[str, EvidenceUpload] = field(default_factory=dict, repr=False)
    has_pack: bool = False
    is_inquiry: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptRequest:
    """Give a dispute up."""

    psp_key: str
    psp_reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeInquiryAnswer:
    """What the PSP has of a dispute now; None when it could not be read (outcome says why)."""

    news: DisputeNews | None
    outcome: Outcome | None
    call: CallRecord
