"""Orders and questions about disputes to Stripe: evidence, acceptance, inquiry.

Evidence travels in two steps, files first, then the dispute's update that submits: only the second one answers the
dispute, so whatever becomes of an upload, nothing was submitted yet.
Source: docs.stripe.com/api/disputes and docs.stripe.com/api/files, version 2026-10-28.endive, read 2026-11.
"""

from __future__ import annotations

import io
import time
from dataclasses import replace
from typing import Any

import stripe

from foundation import clock
from foundation.money import Money
from payments.psp.disputes import (
    AcceptRequest,
    DisputeInquiryAnswer,
    DisputeNews,
    EvidenceRequest,
    EvidenceUpload,
)
from payments.psp.outcomes import CallRecord, Declined, NotSent, Outcome, Succeeded, Unknown
from payments.psp.port import Answer, Credentials
from payments.psp.stripe.amounts import from_stripe
from payments.psp.stripe.asking import ask, milliseconds_since
from payments.psp.stripe.dispute_reading import read_dispute
from payments.psp.stripe.inquiries import KEY_FIELD
from payments.psp.stripe.scrubbing import scrubbed_answer
from payments.psp.stripe.transport import client_for

_WAITING = ("needs_response", "warning_needs_response")
_CLOSED = ("won", "lost", "prevented", "warning_closed")
PURPOSE = "dispute_evidence"


def inquire(credentials: Credentials, psp_reference: str) -> DisputeInquiryAnswer:
    """The whole dispute; None and the reason when it could not be read."""
    started = time.monotonic()
    answer: dict[str, Any] | None = None
    news: DisputeNews | None = None
    outcome: Outcome | None = None
    try:
        answer = _retrieve(credentials, psp_reference)
        news = read_dispute(answer, told_at=clock.now())
    except Exception as error:
        # Whatever an answer may hold, an inquiry that was not understood proves nothing.
        outcome = Unknown(reason=f"inquiry_{type(error).__name__}"[:255])
    record = CallRecord(
        operation="inquire_dispute",
        psp_key="",
        request={"dispute": psp_reference},
        answer=scrubbed_answer(answer),
        http_status=None,
        latency_ms=milliseconds_since(started),
        outcome=outcome.word if outcome else "succeeded",
    )
    return DisputeInquiryAnswer(news=news, outcome=outcome, call=record)


def accept(credentials: Credentials, request: AcceptRequest) -> Answer:
    """Close the dispute: lost, for good."""
    api = client_for(credentials).v1.disputes
    reference = request.psp_reference
    answer = ask(
        "accept_dispute",
        request.psp_key,
        {},
        lambda p, o: api.close(reference, p, o),
        lambda shape: _read_answer(shape, succeeded=shape["status"] == "lost"),
    )
    return _about(_after_refusal(credentials, request, answer), {"dispute": reference})


def submit(credentials: Credentials, request: EvidenceRequest) -> Answer:
    """Upload the files, then submit texts and files together, once."""
    api = client_for(credentials).v1.disputes
    reference = request.psp_reference
    named: dict[str, str] = {}
    for field, upload in sorted(request.files.items()):
        sent = _upload(credentials, f"{request.psp_key}-{field}"[:255], upload)
        if not isinstance(sent.outcome, Succeeded):
            return _about(sent, {"dispute": reference, "field": field})
        named[field] = sent.outcome.psp_reference
    params = {
        "evidence": {**request.texts, **named},
        "submit": True,
        # By it an inquiry tells our own submission from somebody else's in Stripe's dashboard.
        "metadata": {KEY_FIELD: request.psp_key},
    }
    answer = ask(
        "submit_dispute_evidence",
        request.psp_key,
        params,
        lambda p, o: api.update(reference, p, o),
        lambda shape: _read_answer(shape, succeeded=shape["status"] not in _WAITING),
    )
    said = {"dispute": reference, "texts": sorted(request.texts), "files": named}
    return _about(_after_refusal(credentials, request, answer), said)


def _upload(credentials: Credentials, psp_key: str, upload: EvidenceUpload) -> Answer:
    """One file. In doubt counts as not sent: a file alone answers nothing, and its key brings it back."""
    api = client_for(credentials).v1.files
    content = io.BytesIO(upload.content)
    # The SDK sends the name of what it reads as the file's name.
    content.name = upload.filename
    params = {"purpose": PURPOSE, "file": content}
    answer = ask("upload_evidence_file", psp_key, params, lambda p, o: api.create(p, o), _read_file)
    if isinstance(answer.outcome, Unknown):
        outcome = NotSent(reason=f"upload_{answer.outcome.reason}"[:255])
        return Answer(outcome=outcome, call=answer.call)
    return answer


def _read_file(shape: dict[str, Any]) -> Outcome:
    return Succeeded(psp_reference=shape["id"], amount=Money.zero("usd"))


def _read_answer(shape: dict[str, Any], *, succeeded: bool) -> Outcome:
    if not succeeded:
        return Unknown(reason=f"stripe_dispute_status_{shape['status']}"[:255])
    return Succeeded(psp_reference=shape["id"], amount=from_stripe(shape["amount"], shape["currency"]))


def _after_refusal(
    credentials: Credentials, request: EvidenceRequest | AcceptRequest, answer: Answer
) -> Answer:
    """Stripe refuses what is answered already with a sentence and no code, our own earlier request included: what it
    has of the dispute says which."""
    if not isinstance(answer.outcome, Declined):
        return answer
    try:
        shape = _retrieve(credentials, request.psp_reference)
        outcome = _explained(shape, request, answer.outcome)
    except Exception as error:
        outcome = Unknown(reason=f"refused_then_{type(error).__name__}"[:255])
    return Answer(outcome=outcome, call=replace(answer.call, outcome=outcome.word))


def _explained(shape: dict[str, Any], request: EvidenceRequest | AcceptRequest, refusal: Declined) -> Outcome:
    status = shape["status"]
    is_ours = (shape.get("metadata") or {}).get(KEY_FIELD) == request.psp_key
    if is_ours and status not in _WAITING:
        return _read_answer(shape, succeeded=True)
    if status in _CLOSED:
        return replace(refusal, code="dispute_closed")
    if status not in _WAITING:
        return replace(refusal, code="dispute_already_answered")
    due_by = (shape.get("evidence_details") or {}).get("due_by")
    is_late = due_by is not None and clock.from_timestamp(due_by) < clock.now()
    return replace(refusal, code="deadline_passed") if is_late else refusal


def _retrieve(credentials: Credentials, psp_reference: str) -> dict[str, Any]:
    found: stripe.Dispute = client_for(credentials).v1.disputes.retrieve(psp_reference)
    return dict(found.to_dict())


def _about(answer: Answer, said: dict[str, Any]) -> Answer:
    """The call with what it was about: names of fields, never what they say."""
    return Answer(
        outcome=answer.outcome,
        call=replace(answer.call, request={**answer.call.request, **said}),
    )
