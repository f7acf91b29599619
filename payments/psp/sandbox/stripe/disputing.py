"""How a claim begins: a magic card's, some time after its charge, or one that is asked for by hand."""

from ..books import Body, Record
from . import dispute_shapes
from .call import Call
from .dispute_moves import DISPUTE_FEE_MINOR, end, settle_warnings, take
from .dispute_shapes import DAY_SECONDS, Claim
from .refunds import fail_pending

INQUIRY_CLOSES_AFTER_DAYS = 120
FRAUD_WARNING = "early_fraud_warning"
_CLAIMS = {
    "fraudulent": (Claim(),),
    "product_not_received": (Claim(reason="product_not_received"),),
    "inquiry": (Claim(case_type="inquiry"),),
    "fraudulent_ce3_eligible": (Claim(eligibility="visa_compelling_evidence_3"),),
    "compliance": (Claim(reason="noncompliant", case_type="compliance", eligibility="visa_compliance"),),
    "rapid_resolution": (Claim(is_prevented=True),),
}


def open_by_card(call: Call, charge_id: str) -> bool:
    """Due some time after a magic card's charge. Returns whether there was something to dispute."""
    charge = call.find("charges", charge_id)
    if not charge.body["amount_captured"] or charge.body["refunded"]:
        return False
    kind = charge.private["dispute"]
    if kind == FRAUD_WARNING:
        warn(call, charge)
        return True
    for claim in _claims(kind, charge.body["amount_captured"]):
        open_claim(call, charge, claim)
    return True


def warn(call: Call, charge: Record) -> Body:
    """The issuer reports fraud; nobody has disputed the charge yet."""
    warning = dispute_shapes.fraud_warning(charge.body, call.timestamp)
    call.create("early_fraud_warnings", warning)
    call.announce("radar.early_fraud_warning.created", warning)
    return warning


def open_claim(call: Call, charge: Record, claim: Claim) -> Body:
    """A dispute of the charge, with the money taken at once unless it is only an inquiry."""
    dispute = call.create(
        "disputes",
        dispute_shapes.dispute(charge.body, claim, call.timestamp),
        {"counter_fee": claim.counter_fee, "counter_fee_taken": 0, "is_prevented": claim.is_prevented},
    )
    charge.body["disputed"] = True
    call.save(charge)
    settle_warnings(call, charge.id)
    if claim.case_type == "inquiry":
        call.announce("charge.dispute.created", dispute.body)
        call.schedule("expire_dispute", dispute.id, call.now + INQUIRY_CLOSES_AFTER_DAYS * DAY_SECONDS)
        return dispute.body
    fail_pending(call, charge.id, "charge_for_pending_refund_disputed")
    take(call, dispute, fee=0 if claim.is_prevented else DISPUTE_FEE_MINOR)
    if claim.is_prevented:
        # Settled with the issuer in the moment in which it is told: as lost, and without a fee.
        dispute.body["status"] = "lost"
    call.save(dispute)
    call.announce("charge.dispute.created", dispute.body)
    call.announce("charge.dispute.funds_withdrawn", dispute.body)
    if claim.is_prevented:
        end(call, dispute, "lost")
    else:
        await_answer(call, dispute)
    return dispute.body


def await_answer(call: Call, dispute: Record) -> None:
    call.schedule("expire_dispute", dispute.id, dispute.body["evidence_details"]["due_by"] + 1)


def _claims(kind: str, captured: int) -> tuple[Claim, ...]:
    if kind == "multiple":
        first = captured // 2
        return tuple(Claim(amount=part) for part in (first, captured - first) if part)
    return _CLAIMS[kind]
