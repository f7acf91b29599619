"""Reading Adyen's dispute notifications: an item in, the house's words out. No network here.

Adyen tells one step at a time, and signs neither time nor additionalData: the status and the money are what the event
code and its amount say; network, reason code and deadline are told, and prove nothing. No notification has a fee: it
comes with the settlement report. Each step that moves money is one fund movement, by the code and the dispute's
reference, so a repeat is known.
Source: docs.adyen.com/risk-management/disputes-api/dispute-notifications, read 2026-11.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from foundation.money import Money
from payments.psp.adyen.amounts import from_adyen
from payments.psp.adyen.reading import BRANDS
from payments.psp.disputes import (
    DISPUTE_NEWS,
    FRAUD_WARNING_NEWS,
    DisputeNews,
    FraudWarningNews,
    FundMovement,
)
from payments.psp.port import PspNews

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """sign: -1 the amount is taken, 1 it is given back, 0 nothing moves."""

    status: str
    stage: str
    sign: int = 0


STEPS = {
    "REQUEST_FOR_INFORMATION": Step("warning_needs_response", "inquiry"),
    "NOTIFICATION_OF_CHARGEBACK": Step("needs_response", "chargeback"),
    "CHARGEBACK": Step("needs_response", "chargeback", -1),
    "INFORMATION_SUPPLIED": Step("under_review", "chargeback"),
    "CHARGEBACK_REVERSED": Step("won", "chargeback", 1),
    "DISPUTE_DEFENSE_PERIOD_ENDED": Step("lost", "chargeback"),
    "SECOND_CHARGEBACK": Step("lost", "second_chargeback", -1),
    "PREARBITRATION_WON": Step("won", "pre_arbitration"),
    "PREARBITRATION_LOST": Step("lost", "pre_arbitration"),
}
FRAUD = "NOTIFICATION_OF_FRAUD"
CODES = (*STEPS, FRAUD)
_CATEGORIES = (
    ("fraudulent", ("10.", "4837", "4849", "4870", "4871", "F10", "F24", "F29", "F30", "F31", "7030")),
    ("product_not_received", ("13.1", "13.9", "4855", "C08", "4755")),
    ("product_unacceptable", ("13.3", "13.4", "13.5", "4853", "C31", "C32")),
    ("subscription_canceled", ("13.2", "4841", "C28", "4541")),
    ("credit_not_processed", ("13.6", "13.7", "4860", "C02", "C04", "C05", "8002")),
    ("duplicate", ("12.6", "4834", "C14", "P08", "4534", "4865")),
)


def read(item: Item, is_success: bool, news: dict[str, Any]) -> PspNews:
    """A reader as those of webhooks.py. What can not be read is still news of a dispute, which a person looks at."""
    kind = FRAUD_WARNING_NEWS if item["eventCode"] == FRAUD else DISPUTE_NEWS
    told: DisputeNews | FraudWarningNews | None
    try:
        told = _warning(item) if kind == FRAUD_WARNING_NEWS else _dispute(item)
    except (KeyError, TypeError, ValueError, AttributeError):
        told = None
    # The payment is the parent; the item's own reference is the dispute's.
    reference = item.get("originalReference") or item["pspReference"]
    return PspNews(**news, kind=kind, psp_reference=reference, dispute=told if is_success else None)


def _dispute(item: Item) -> DisputeNews:
    step, seen = STEPS[item["eventCode"]], _seen(item)
    amount = from_adyen(item["amount"])
    at = _instant(item["eventDate"])
    network = str(seen.get("paymentMethod") or item.get("paymentMethod") or "")
    code = str(seen.get("chargebackReasonCode") or "")[:16]
    due = seen.get("defensePeriodEndsAt")
    return DisputeNews(
        psp_reference=item["pspReference"],
        status=step.status,
        stage=step.stage,
        amount=amount,
        reason=_category(code),
        network=BRANDS.get(network, network)[:20],
        network_reason_code=code,
        evidence_due_at=_instant(due) if due and step.status.endswith("needs_response") else None,
        is_charge_refundable=step.stage == "inquiry",
        opened_at=at,
        told_at=at,
        movements=(_movement(item, amount, step, at),) if step.sign else (),
    )


def _movement(item: Item, amount: Money, step: Step, at: datetime) -> FundMovement:
    return FundMovement(
        movement_id=f"{item['eventCode']}:{item['pspReference']}",
        amount=amount if step.sign > 0 else -amount,
        fee=Money.zero(amount.currency),
        occurred_at=at,
    )


def _warning(item: Item) -> FraudWarningNews:
    fraud_type = str(_seen(item).get("fraudType") or item.get("reason") or "misc")
    return FraudWarningNews(
        psp_reference=item["pspReference"],
        fraud_type=fraud_type[:40],
        opened_at=_instant(item["eventDate"]),
    )


def _category(code: str) -> str:
    return next((name for name, codes in _CATEGORIES if code and code.startswith(codes)), "general")


def _instant(text: str) -> datetime:
    """Raises ValueError. An instant without a zone is UTC."""
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _seen(item: Item) -> dict[str, Any]:
    seen = item.get("additionalData")
    return seen if isinstance(seen, dict) else {}
