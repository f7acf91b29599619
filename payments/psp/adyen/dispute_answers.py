"""Answers to Adyen's disputes: a defense with its documents, given once, or acceptance.

A defense is told in three calls: which defenses there are, the documents, the defense. Only the last one answers, so
whatever becomes of the others, nothing was submitted yet. Each has a key of its own made from ours: the same order
sent again is answered as it was the first time, for as long as Adyen keeps keys; after that Adyen takes no second
answer to what is defended or accepted.
Source: docs.adyen.com/api-explorer/Disputes/30/overview and
docs.adyen.com/risk-management/disputes-api/disputes-api-reference, read 2026-11.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from foundation.money import Money
from payments.psp.adyen.asking import ask, refused_here
from payments.psp.adyen.bodies import merchant_account
from payments.psp.adyen.dispute_defenses import Defense, choose_defense, read_defenses
from payments.psp.adyen.dispute_documents import Document, DocumentsRefused, documents_for
from payments.psp.adyen.dispute_transport import disputes_for
from payments.psp.disputes import AcceptRequest, DisputeInquiryAnswer, EvidenceRequest
from payments.psp.outcomes import CallRecord, Declined, NotSent, Outcome, Succeeded, Unknown
from payments.psp.port import Answer, Credentials

OPERATION = "submit_dispute_evidence"
# Words of Adyen's sentences -> our code; Adyen has no codes for them.
_REFUSALS = (
    ("expired", "deadline_passed"),
    ("not defendable", "dispute_already_answered"),
    ("already", "dispute_already_answered"),
)


def accept(credentials: Credentials, request: AcceptRequest) -> Answer:
    """Give up: lost, for good."""
    api = disputes_for(credentials).disputes_api
    answer = ask(
        "accept_dispute",
        request.psp_key,
        _named(credentials, request),
        lambda body, key: api.accept_dispute(body, idempotency_key=key),
        lambda told: _read_result(told, request.psp_reference),
    )
    return _about(answer, {"dispute": request.psp_reference})


def submit(credentials: Credentials, request: EvidenceRequest) -> Answer:
    """Choose the defense, supply its documents, then defend, once."""
    said: dict[str, Any] = {
        "dispute": request.psp_reference,
        "texts": sorted(request.texts),
        "files": sorted(request.files),
    }
    asked, offered = _defenses(credentials, request)
    if not isinstance(asked.outcome, Succeeded):
        return _about(_nothing_answered(asked, "reasons"), said)
    defense = choose_defense(offered, reason=request.reason, fields={*request.texts, *request.files})
    if defense is None:
        message = "Adyen offers no defense against this dispute."
        return _about(refused_here(OPERATION, request.psp_key, message, code="no_defense"), said)
    try:
        documents = documents_for(defense, request)
    except DocumentsRefused as error:
        return _about(refused_here(OPERATION, request.psp_key, str(error), code=error.code), said)
    said |= {"defense": defense.code, "documents": [one.type_code for one in documents]}
    supplied = _supply(credentials, request, documents)
    if not isinstance(supplied.outcome, Succeeded):
        return _about(_nothing_answered(supplied, "documents"), said)
    return _about(_defend(credentials, request, defense), said)


def inquire() -> DisputeInquiryAnswer:
    """Nothing is learned: Adyen shows no dispute by its reference. Its notifications tell, and an answer in doubt is
    given again under its key (capabilities.inquires_by_repeating)."""
    record = CallRecord(
        operation="inquire_dispute",
        psp_key="",
        request={},
        answer=None,
        http_status=None,
        latency_ms=0,
        outcome="unknown",
    )
    return DisputeInquiryAnswer(news=None, outcome=Unknown(reason="no_lookup"), call=record)


def _defenses(credentials: Credentials, request: EvidenceRequest) -> tuple[Answer, list[Defense]]:
    api = disputes_for(credentials).disputes_api
    offered: list[Defense] = []

    def read(told: dict[str, Any]) -> Outcome:
        outcome = _read_result(told, request.psp_reference)
        offered.extend(read_defenses(told.get("defenseReasons") or []))
        return outcome

    answer = ask(
        "read_dispute_defenses",
        f"{request.psp_key}-reasons",
        _named(credentials, request),
        lambda body, key: api.retrieve_applicable_defense_reasons(body, idempotency_key=key),
        read,
    )
    return answer, offered


def _supply(credentials: Credentials, request: EvidenceRequest, documents: list[Document]) -> Answer:
    api = disputes_for(credentials).disputes_api
    return ask(
        "upload_evidence_file",
        f"{request.psp_key}-documents",
        _named(credentials, request) | {"defenseDocuments": [one.as_adyen() for one in documents]},
        lambda body, key: api.supply_defense_document(body, idempotency_key=key),
        lambda told: _read_result(told, request.psp_reference),
    )


def _defend(credentials: Credentials, request: EvidenceRequest, defense: Defense) -> Answer:
    api = disputes_for(credentials).disputes_api
    return ask(
        OPERATION,
        request.psp_key,
        _named(credentials, request) | {"defenseReasonCode": defense.code},
        lambda body, key: api.defend_dispute(body, idempotency_key=key),
        lambda told: _read_result(told, request.psp_reference),
    )


def _named(credentials: Credentials, request: EvidenceRequest | AcceptRequest) -> dict[str, Any]:
    return {
        "disputePspReference": request.psp_reference,
        "merchantAccountCode": merchant_account(credentials),
    }


def _read_result(told: dict[str, Any], reference: str) -> Outcome:
    """Adyen refuses with an answer of HTTP 200. What it moved by it, its notifications say: no amount is told."""
    result = told["disputeServiceResult"]
    if result["success"] is True:
        return Succeeded(psp_reference=reference, amount=Money.zero("usd"))
    message = str(result.get("errorMessage") or "")
    code = next((code for word, code in _REFUSALS if word in message.lower()), "psp_refused")
    return Declined(code=code, message=message)


def _nothing_answered(answer: Answer, step: str) -> Answer:
    """Before the defense itself, doubt is certainty: nothing was submitted, and the key brings the answer back."""
    if not isinstance(answer.outcome, Unknown):
        return answer
    outcome = NotSent(reason=f"{step}_{answer.outcome.reason}"[:255])
    return Answer(outcome=outcome, call=answer.call)


def _about(answer: Answer, said: dict[str, Any]) -> Answer:
    """The call with what it was about: names of fields and documents, never what they say."""
    outcome = answer.outcome
    told = {"errorMessage": outcome.message} if isinstance(outcome, Declined) and outcome.message else {}
    return Answer(
        outcome=outcome,
        call=replace(
            answer.call,
            request={**answer.call.request, **said},
            answer=None if answer.call.answer is None else {**answer.call.answer, **told},
        ),
    )
