"""How a claim ends: by what the evidence says, by its deadline, or as somebody asks for."""

from ..books import Body, Record
from .call import Call
from .dispute_moves import DISPUTE_FEE_MINOR, INQUIRY, end, give_back, lose, take
from .dispute_shapes import TEXT_FIELDS, due_by
from .disputing import await_answer
from .refunds import fail_pending
from .refusals import dispute_not_answerable

# Stripe's magic words, anywhere in a text of the evidence. Source: docs.stripe.com/testing#evidence, read 2026-11.
_WORDS = {"winning_evidence": "won", "losing_evidence": "lost", "escalate_inquiry_evidence": "escalate"}
VERDICTS = ("won", "lost", "escalate", "second_chargeback")


def verdict_of(evidence: Body) -> str | None:
    """What the texts decide; None leaves the dispute under review."""
    texts = " ".join(evidence[name] or "" for name in TEXT_FIELDS)
    return next((verdict for word, verdict in _WORDS.items() if word in texts), None)


def decide_by_evidence(call: Call, dispute_id: str) -> bool:
    """Due some time after the evidence was sent. Returns whether it was still under review."""
    dispute = call.find("disputes", dispute_id)
    verdict = verdict_of(dispute.body["evidence"])
    if dispute.body["status"] not in ("under_review", "warning_under_review") or verdict is None:
        return False
    decide(call, dispute, verdict)
    return True


def expire(call: Call, dispute_id: str) -> bool:
    """Due once nobody may answer any more. Returns whether nobody had."""
    dispute = call.find("disputes", dispute_id)
    if dispute.body["status"] in INQUIRY:
        end(call, dispute, "warning_closed")
        return True
    details = dispute.body["evidence_details"]
    # A second round has a deadline of its own, and its own row of due work.
    if dispute.body["status"] != "needs_response" or details["due_by"] >= call.now:
        return False
    details["past_due"] = True
    lose(call, dispute)
    return True


def decide(call: Call, dispute: Record, verdict: str) -> None:
    """Raises the refusal of a verdict that does not fit the status: late wins and second rounds fit."""
    status = dispute.body["status"]
    if status in INQUIRY:
        if verdict == "escalate":
            _demand(call, dispute, fee=DISPUTE_FEE_MINOR)
        else:
            end(call, dispute, "warning_closed")
    elif verdict == "won" and status in ("needs_response", "under_review", "lost"):
        give_back(call, dispute, dispute.body["amount"])
        end(call, dispute, "won")
    elif verdict == "lost" and status in ("needs_response", "under_review"):
        lose(call, dispute)
    elif verdict == "second_chargeback" and status == "won":
        _demand(call, dispute, fee=0)
    else:
        raise dispute_not_answerable(f"A dispute with a status of {status} cannot be decided: {verdict}.")


def _demand(call: Call, dispute: Record, *, fee: int) -> None:
    """The money is taken, and an answer is due by a new day."""
    body = dispute.body
    card = body["payment_method_details"]["card"]
    card["case_type"] = "chargeback"
    body |= {"status": "needs_response", "is_charge_refundable": False}
    body["evidence_details"] |= {
        "due_by": due_by(card["network"], call.timestamp),
        "submission_count": 0,
        "submission_method": "not_submitted",
    }
    fail_pending(call, body["charge"], "charge_for_pending_refund_disputed")
    take(call, dispute, fee=fee)
    call.save(dispute)
    call.announce("charge.dispute.updated", body)
    call.announce("charge.dispute.funds_withdrawn", body)
    await_answer(call, dispute)
