"""Paths for whoever plays the cardholder and the bank: open a claim by hand, and decide it."""

from typing import TYPE_CHECKING, Any

from .adyen import dispute_verdicts as adyen_verdicts
from .adyen.refusals import Refusal as AdyenRefusal
from .books import Body
from .stripe.dispute_shapes import REASONS, Claim
from .stripe.dispute_verdicts import VERDICTS
from .stripe.refusals import Refusal

if TYPE_CHECKING:
    from .sandbox import Sandbox

DISPUTES_PATH = "/sandbox/disputes"
CASE_TYPES = ("chargeback", "inquiry", "compliance")
_OPENING = {
    "account", "charge", "payment_intent", "amount", "reason", "network_reason_code", "stage", "prevented",
    "counter_fee", "fraud_warning",
}  # fmt: skip


class ClaimUnreadable(ValueError):
    """The claim cannot be made; the message is safe to show."""


class DisputeControls:
    def __init__(self, sandbox: "Sandbox") -> None:
        self._sandbox = sandbox

    def open(self, given: dict[str, Any]) -> Body:
        """The dispute, or the early fraud warning that was asked for instead. Raises ClaimUnreadable."""
        unknown = sorted(set(given) - _OPENING)
        if unknown:
            raise ClaimUnreadable(f"unknown: {', '.join(unknown)}; known: {', '.join(sorted(_OPENING))}")
        account, named = given.get("account"), given.get("charge") or given.get("payment_intent")
        if not isinstance(account, str) or not isinstance(named, str):
            raise ClaimUnreadable("account and either charge or payment_intent are needed")
        claim = None if given.get("fraud_warning") is True else _claim(given)
        try:
            body, deliveries = self._sandbox.face_of_payment(account, named).open_claim(account, named, claim)
        except (Refusal, AdyenRefusal) as refusal:
            raise ClaimUnreadable(str(refusal)) from refusal
        self._sandbox.send(deliveries)
        return body

    def decide(self, dispute_id: str, given: dict[str, Any]) -> Body:
        """Raises ClaimUnreadable, also for a verdict that does not fit the status."""
        account, verdict = given.get("account"), given.get("verdict")
        known = (*VERDICTS, *(one for one in adyen_verdicts.VERDICTS if one not in VERDICTS))
        if not isinstance(account, str) or verdict not in known:
            raise ClaimUnreadable(f"account and a verdict are needed: {', '.join(known)}")
        try:
            body, deliveries = self._sandbox.face_of_dispute(account, dispute_id).decide_claim(
                account, dispute_id, str(verdict)
            )
        except (Refusal, AdyenRefusal) as refusal:
            raise ClaimUnreadable(str(refusal)) from refusal
        self._sandbox.send(deliveries)
        return body


def _claim(given: dict[str, Any]) -> Claim:
    amount, counter_fee = given.get("amount"), given.get("counter_fee", 0)
    if amount is not None and (isinstance(amount, bool) or not isinstance(amount, int) or amount < 1):
        raise ClaimUnreadable("amount is a whole number of minor units from 1")
    if isinstance(counter_fee, bool) or not isinstance(counter_fee, int) or counter_fee < 0:
        raise ClaimUnreadable("counter_fee is a whole number of minor units from 0")
    reason, case_type = given.get("reason", "fraudulent"), given.get("stage", "chargeback")
    if reason not in REASONS:
        raise ClaimUnreadable(f"reason is one of {', '.join(REASONS)}")
    if case_type not in CASE_TYPES:
        raise ClaimUnreadable(f"stage is one of {', '.join(CASE_TYPES)}")
    code = given.get("network_reason_code")
    return Claim(
        amount=amount,
        reason=reason,
        network_reason_code=str(code) if code is not None else None,
        case_type=case_type,
        is_prevented=given.get("prevented") is True,
        counter_fee=counter_fee,
    )
