"""How a claim ends at Adyen: by what the documents say, by its period, or as somebody asks for.

A chargeback that was defended is reversed first, with its status pending; then the issuer lets it be or charges back
again.
"""

from ..books import Record
from .call import Call
from .dispute_moves import (
    ASKED,
    CHARGED_BACK_AGAIN,
    INQUIRY,
    ISSUER_SILENT,
    PERIOD_ENDED,
    REVERSED,
    step,
)
from .disputing import charge_back
from .refusals import invalid

VERDICTS = ("won", "lost", "escalate", "second_chargeback", "prearbitration_won", "prearbitration_lost")
# The magic words of Stripe's face, anywhere in a document's text.
_WORDS = {"winning_evidence": "won", "losing_evidence": "lost", "escalate_inquiry_evidence": "escalate"}


def verdict_of(dispute: Record) -> str | None:
    """What the documents decide; None leaves the dispute pending."""
    text = " ".join(dispute.private["texts"].values())
    return next((verdict for word, verdict in _WORDS.items() if word in text), None)


def decide_by_documents(call: Call, dispute_id: str) -> bool:
    """Due some time after the defense. Returns whether it was still pending."""
    dispute = call.books.find("disputes", call.account, dispute_id)
    if dispute is None or dispute.body["status"] not in ("under_review", "warning_under_review"):
        return False
    verdict = verdict_of(dispute)
    if verdict is None:
        return False
    decide(call, dispute, verdict)
    return True


def expire(call: Call, dispute_id: str) -> bool:
    """Due once nobody may answer any more. Returns whether nobody had."""
    dispute = call.books.find("disputes", call.account, dispute_id)
    # A chargeback after a request for information has a period of its own, and its own row of due work.
    if dispute is None or dispute.body["defensePeriodEndsAt"] >= call.now:
        return False
    if dispute.body["status"] == "warning_needs_response":
        dispute.body["status"] = "warning_closed"
        step(call, dispute, ASKED, "Expired")
        return True
    if dispute.body["status"] != "needs_response":
        return False
    _lose(call, dispute, "Expired")
    return True


def decide(call: Call, dispute: Record, verdict: str) -> None:
    """Raises the refusal of a verdict that does not fit: late wins and second rounds fit."""
    status, body = dispute.body["status"], dispute.body
    may_reverse = not dispute.private["is_reversed"]
    if status in INQUIRY and verdict == "escalate":
        charge_back(call, dispute)
    elif status in INQUIRY and verdict in ("won", "lost"):
        # A request that leads to nothing simply ends: Adyen tells no more of it.
        body["status"] = "warning_closed"
        call.save(dispute)
    elif verdict == "won" and status == "under_review" and may_reverse:
        _reverse(call, dispute, "Pending")
        body["status"] = "won"
        step(call, dispute, ISSUER_SILENT, "Won")
    elif verdict == "won" and status in ("needs_response", "lost") and may_reverse:
        body["status"] = "won"
        _reverse(call, dispute, "Won")
    elif verdict == "lost" and status == "under_review" and may_reverse:
        _reverse(call, dispute, "Pending")
        _charge_back_again(call, dispute)
    elif verdict == "lost" and status == "needs_response":
        _lose(call, dispute, "Lost")
    elif verdict == "second_chargeback" and status == "won":
        _charge_back_again(call, dispute)
    elif verdict == "prearbitration_won" and status == "won":
        step(call, dispute, "PREARBITRATION_WON", "Won")
    elif verdict == "prearbitration_lost" and status == "won":
        body["status"] = "lost"
        step(call, dispute, "PREARBITRATION_LOST", "Lost")
        _charge_back_again(call, dispute)
    else:
        raise invalid(f"A dispute with a status of {status} cannot be decided: {verdict}.")


def _reverse(call: Call, dispute: Record, dispute_status: str) -> None:
    dispute.private["is_reversed"] = True
    step(call, dispute, REVERSED, dispute_status)


def _charge_back_again(call: Call, dispute: Record) -> None:
    dispute.body["status"] = "lost"
    step(call, dispute, CHARGED_BACK_AGAIN, "Lost")


def _lose(call: Call, dispute: Record, dispute_status: str) -> None:
    dispute.body["status"] = "lost"
    step(call, dispute, PERIOD_ENDED, dispute_status)


WORK = {"adyen_decide_dispute": decide_by_documents, "adyen_expire_dispute": expire}
