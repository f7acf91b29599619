"""Adyen's Disputes API, version 30: what one may say, documents, the defense that is given once, acceptance.

A refusal is an answer of HTTP 200 with `success` false and a sentence.
Source: https://docs.adyen.com/api-explorer/Disputes/30/overview and
https://docs.adyen.com/risk-management/disputes-api/disputes-api-reference, read 2026-11.
"""

from collections.abc import Callable

from ..books import Body, Record
from .call import Call
from .dispute_defenses import defenses_against, is_satisfied, shown
from .dispute_documents import Document, DocumentRefused, read_document
from .dispute_moves import ASKED, PERIOD_ENDED, SUPPLIED, step
from .dispute_verdicts import verdict_of

PREFIX = "/ca/services/DisputeService/v30/"
Endpoint = Callable[[Call], Body]


class Failed(Exception):
    """Nothing was booked; the message is Adyen's sentence."""


def _answering(endpoint: Endpoint) -> Endpoint:
    def answer(call: Call) -> Body:
        try:
            return endpoint(call) | {"disputeServiceResult": {"success": True}}
        except (Failed, DocumentRefused) as failure:
            return {"disputeServiceResult": {"success": False, "errorMessage": str(failure)}}

    return answer


def reasons(call: Call) -> Body:
    body = _defendable(call).body
    found = defenses_against(body["reasonCode"])
    return {"defenseReasons": [shown(defense, body["documents"]) for defense in found]}


def supply(call: Call) -> Body:
    dispute = _defendable(call)
    given = call.params.get("defenseDocuments")
    if not isinstance(given, list) or not given:
        raise Failed("Invalid request.")
    taken: dict[str, Document] = {}
    for one in given:
        name = one.get("defenseDocumentTypeCode") if isinstance(one, dict) else None
        if name not in _types(dispute):
            raise Failed("Invalid defense document type.")
        taken[str(name)] = read_document(one.get("contentType"), one.get("content"))
    for name, document in taken.items():
        dispute.body["documents"][name] = {
            "contentType": document.content_type,
            "size": len(document.content),
            "sha256": document.sha256,
        }
        dispute.private["texts"][name] = document.text
    call.save(dispute)
    return {}


def delete(call: Call) -> Body:
    dispute = _defendable(call)
    name = call.required("defenseDocumentType")
    if dispute.body["documents"].pop(name, None) is None:
        raise Failed("Invalid defense document type.")
    dispute.private["texts"].pop(name, None)
    call.save(dispute)
    return {}


def defend(call: Call) -> Body:
    """Once: the documents are with the scheme after it."""
    dispute = _defendable(call)
    body, wanted = dispute.body, call.required("defenseReasonCode")
    defense = next((one for one in defenses_against(body["reasonCode"]) if one[0] == wanted), None)
    if defense is None:
        raise Failed("Invalid defense reason code.")
    if not is_satisfied(defense, body["documents"]):
        raise Failed("Missing required defense documents.")
    is_inquiry = body["status"] == "warning_needs_response"
    body |= {
        "status": "warning_under_review" if is_inquiry else "under_review",
        "defenseReasonCode": wanted,
        "submissions": body["submissions"] + 1,
    }
    if is_inquiry:
        step(call, dispute, ASKED, "Responded")
    else:
        step(call, dispute, SUPPLIED, "Pending")
    if verdict_of(dispute):
        call.schedule("adyen_decide_dispute", dispute.id, call.now + call.settle_seconds)
    return {}


def accept(call: Call) -> Body:
    """The money is lost, for good."""
    dispute = _defendable(call)
    if dispute.body["status"] != "needs_response":
        raise Failed("Dispute is not defendable.")
    dispute.body["status"] = "lost"
    step(call, dispute, PERIOD_ENDED, "Accepted")
    return {}


def _defendable(call: Call) -> Record:
    merchant, reference = call.required("merchantAccountCode"), call.required("disputePspReference")
    dispute = call.books.find("disputes", call.account, reference)
    if dispute is None or dispute.body.get("merchantAccount") != merchant:
        raise Failed("Error retrieving dispute.")
    if dispute.body["status"] not in ("needs_response", "warning_needs_response"):
        raise Failed("Dispute is not defendable.")
    if call.now > dispute.body["defensePeriodEndsAt"]:
        raise Failed("Dispute expired.")
    return dispute


def _types(dispute: Record) -> set[str]:
    found = defenses_against(dispute.body["reasonCode"])
    return {name for _, types in found for name, _ in types}


ENDPOINTS = {
    "retrieveApplicableDefenseReasons": ("defense_reasons", _answering(reasons)),
    "supplyDefenseDocument": ("upload_file", _answering(supply)),
    "deleteDisputeDefenseDocument": ("delete_file", _answering(delete)),
    "defendDispute": ("submit_evidence", _answering(defend)),
    "acceptDispute": ("accept_dispute", _answering(accept)),
}
"""Last part of the path -> (the operation's name for the fault script, the endpoint)."""
