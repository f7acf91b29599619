"""Reading Adyen's dispute notifications: an item in, the house's words out. No network here.

Adyen tells one step at a time, and signs neither time nor additionalData: the status and the money are what the event
code and its amount say; network, reason code and deadline are told, and prove nothing. disputeStatus may hold an end
back (a chargeback is reversed while the issuer still has the defense: pending), and never brings one about where money
is held; of a request for information, which moves none, it says how that stands. No notification has a fee: it comes
with the settlement report. Each step that moves money is one fund movement, by the code and the dispute's reference, so
a repeat is known.
Source: docs.adyen.com/risk-management/disputes-api/dispute-notifications, docs.adyen.com/api-explorer/Webhooks/1, read
2026-11.
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
    "ISSUER_RESPONSE_TIMEFRAME_EXPIRED": Step("won", "chargeback"),
    "DISPUTE_DEFENSE_PERIOD_ENDED": Step("lost", "chargeback"),
    "SECOND_CHARGEBACK": Step("lost", "second_chargeback", -1),
    "PREARBITRATION_WON": Step("won", "pre_arbitration"),
    "PREARBITRATION_LOST": Step("lost", "pre_arbitration"),
}
PENDING_STEPS = {"CHARGEBACK_REVERSED": "under_review"}
"""What a step says while its disputeStatus is pending."""
ANSWERED_INQUIRY = "warning_under_review"
INQUIRY_STATUSES = {"responded": ANSWERED_INQUIRY, "expired": "warning_closed"}
INQUIRY_STEPS = {"INFORMATION_SUPPLIED": ANSWERED_INQUIRY, "DISPUTE_DEFENSE_PERIOD_ENDED": "warning_closed"}
"""What a step of a chargeback says where it is about a request for information."""
FRAUD = "NOTIFICATION_OF_FRAUD"
# The networks' codes of a fraud report, in Stripe's words.
_FRAUD_TYPES = {
    "0": "made_with_lost_card",
    "1": "made_with_stolen_card",
    "2": "card_never_received",
    "3": "fraudulent_card_application",
    "4": "made_with_counterfeit_card",
    "6": "unauthorized_use_of_card",
}
CODES = (*STEPS, FRAUD)
_CATEGORIES = (
    (
        "fraudulent",
        ("10.", "4837", "4849", "4870", "4871", "F10", "F24", "F29", "F3", "FR", "4866", "4867", "70"),
    ),
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
    standing = _standing(item)
    if standing:
        # One step may be told again with another status, and is then no repeat.
        news = news | {"event_id": f"{news['event_id']}:{standing}"}
    return PspNews(
        **news,
        kind=kind,
        psp_reference=reference,
        dispute=told if is_success else None,
    )


def _dispute(item: Item) -> DisputeNews:
    step, seen = _step(item), _seen(item)
    amount = from_adyen(item["amount"])
    at = _instant(item["eventDate"])
    network = str(
        seen.get("chargebackSchemeCode")
        or seen.get("rfiSchemeCode")
        or seen.get("paymentMethod")
        or item.get("paymentMethod")
        or ""
    ).lower()
    code = str(seen.get("chargebackReasonCode") or seen.get("rfiReasonCode") or "")[:16]
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
        submission_count=int(item["eventCode"] == "INFORMATION_SUPPLIED" or step.status == ANSWERED_INQUIRY),
        opened_at=at,
        told_at=at,
        movements=(_movement(item, amount, step, at),) if step.sign else (),
    )


def _step(item: Item) -> Step:
    code, standing = item["eventCode"], _standing(item)
    step = STEPS[code]
    if code in INQUIRY_STEPS and "rfiReasonCode" in _seen(item):
        return Step(INQUIRY_STEPS[code], "inquiry")
    if step.stage == "inquiry":
        return Step(INQUIRY_STATUSES.get(standing, step.status), step.stage)
    if standing == "pending" and code in PENDING_STEPS:
        return Step(PENDING_STEPS[code], step.stage, step.sign)
    return step


def _standing(item: Item) -> str:
    """The disputeStatus; empty where Adyen gives none."""
    return str(_seen(item).get("disputeStatus") or "").lower()[:20]


def _movement(item: Item, amount: Money, step: Step, at: datetime) -> FundMovement:
    return FundMovement(
        movement_id=f"{item['eventCode']}:{item['pspReference']}",
        amount=amount if step.sign > 0 else -amount,
        fee=Money.zero(amount.currency),
        occurred_at=at,
    )


def _warning(item: Item) -> FraudWarningNews:
    code = str(_seen(item).get("nofReasonCode") or "").lstrip("0") or "0"
    is_told = "nofReasonCode" in _seen(item)
    return FraudWarningNews(
        psp_reference=item["pspReference"],
        fraud_type=_FRAUD_TYPES.get(code, "misc") if is_told else "misc",
        opened_at=_instant(item["eventDate"]),
    )


def _category(code: str) -> str:
    """Empty where no code is told: what is known of the claim stands."""
    if not code:
        return ""
    return next((name for name, codes in _CATEGORIES if code.startswith(codes)), "general")


def _instant(text: str) -> datetime:
    """Raises ValueError. An instant without a zone is UTC."""
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _seen(item: Item) -> dict[str, Any]:
    seen = item.get("additionalData")
    return seen if isinstance(seen, dict) else {}
