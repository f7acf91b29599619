"""Disputes, early fraud warnings and files as the API has them: read, answered once, given up."""

from ..books import Body, Record
from ..multipart import Upload
from ..wire import FileContents
from . import dispute_shapes
from .call import Call
from .dispute_moves import ANSWERABLE, lose, take
from .dispute_shapes import FIELDS, FILE_FIELDS, TEXT_FIELDS
from .dispute_verdicts import verdict_of
from .lists import list_page
from .refusals import dispute_not_answerable, invalid, missing_object, missing_param

MAX_FILE_BYTES = 5 * 1024 * 1024
MAX_EVIDENCE_BYTES = 4_500_000
MAX_FIELD_CHARACTERS, MAX_ALL_CHARACTERS = 20_000, 150_000
PURPOSES = ("dispute_evidence",)
_CONTENT_TYPES = {"pdf": "application/pdf", "png": "image/png", "jpg": "image/jpeg"}
_KINDS = {b"%PDF-": "pdf", b"\x89PNG": "png", b"\xff\xd8\xff": "jpg"}


def retrieve(call: Call, dispute_id: str) -> Body:
    return call.find("disputes", dispute_id).body


def list_all(call: Call) -> Body:
    return list_page(call, "disputes", "/v1/disputes", ("charge", "payment_intent"))


def update(call: Call, dispute_id: str) -> Body:
    """Stage evidence, and send it to the bank unless told not to: once."""
    dispute = call.find("disputes", dispute_id)
    evidence = _evidence(call)
    submits = call.params.get("submit", "true" if evidence else "false") == "true"
    if evidence or submits:
        _refuse_unless_answerable(call, dispute)
    call.books.update_metadata(dispute, call.metadata())
    body, details = dispute.body, dispute.body["evidence_details"]
    body["evidence"] = {**body["evidence"], **evidence}
    details["has_evidence"] = any(body["evidence"][name] for name in FIELDS)
    if submits:
        _submit(call, dispute)
    call.save(dispute)
    call.announce("charge.dispute.updated", body)
    return body


def close(call: Call, dispute_id: str) -> Body:
    """Accept: the money is lost, for good."""
    dispute = call.find("disputes", dispute_id)
    _refuse_unless_answerable(call, dispute)
    if dispute.body["status"] != "needs_response":
        raise dispute_not_answerable("An inquiry cannot be closed: nothing was taken for it.")
    lose(call, dispute)
    return dispute.body


def retrieve_warning(call: Call, warning_id: str) -> Body:
    return call.find("early_fraud_warnings", warning_id).body


def list_warnings(call: Call) -> Body:
    url = "/v1/radar/early_fraud_warnings"
    return list_page(call, "early_fraud_warnings", url, ("charge", "payment_intent"))


def upload(call: Call) -> Body:
    given = call.params.get("file")
    if not isinstance(given, Upload):
        raise missing_param("file")
    purpose = call.choice("purpose", PURPOSES)
    if purpose is None:
        raise missing_param("purpose")
    kind = next((kind for head, kind in _KINDS.items() if given.content.startswith(head)), None)
    if kind is None:
        raise invalid("Evidence must be a PDF, a JPEG or a PNG.", param="file")
    if len(given.content) > MAX_FILE_BYTES:
        raise invalid("The file is larger than 5 MB.", param="file")
    body = dispute_shapes.file(
        filename=given.filename,
        purpose=purpose,
        size=len(given.content),
        kind=kind,
        base_url=call.base_url,
        now=call.timestamp,
    )
    call.create("files", body)
    call.books.keep_content(body["id"], given.content)
    return body


def retrieve_file(call: Call, file_id: str) -> Body:
    return call.find("files", file_id).body


def download(call: Call, file_id: str) -> FileContents:
    """The bytes as they were uploaded: what the bank will see."""
    kind = call.find("files", file_id).body["type"]
    content = call.books.content_of(file_id)
    if content is None:
        raise missing_object("file", file_id, "id")
    return FileContents(content, _CONTENT_TYPES[kind])


def list_files(call: Call) -> Body:
    return list_page(call, "files", "/v1/files", ("purpose",))


def _evidence(call: Call) -> dict[str, str | None]:
    """The fields given, checked; an empty text unsets one."""
    given = call.mapping("evidence")
    for name, value in given.items():
        if name not in FIELDS:
            raise invalid(
                f"Received unknown parameter: evidence[{name}]",
                code="parameter_unknown",
                param=f"evidence[{name}]",
            )
        if not isinstance(value, str):
            raise invalid("Invalid string", param=f"evidence[{name}]")
        if name in TEXT_FIELDS and len(value) > MAX_FIELD_CHARACTERS:
            raise invalid(
                f"Invalid string: must be at most {MAX_FIELD_CHARACTERS} characters",
                param=f"evidence[{name}]",
            )
    return {name: value or None for name, value in given.items()}


def _refuse_unless_answerable(call: Call, dispute: Record) -> None:
    body, details = dispute.body, dispute.body["evidence_details"]
    if body["status"] in ("under_review", "warning_under_review"):
        raise dispute_not_answerable("Evidence for this dispute has already been submitted.")
    if body["status"] not in ANSWERABLE:
        raise dispute_not_answerable("This dispute is already closed.")
    if details["due_by"] is not None and call.now > details["due_by"]:
        raise dispute_not_answerable("The deadline to respond to this dispute has passed.")


def _submit(call: Call, dispute: Record) -> None:
    body, details = dispute.body, dispute.body["evidence_details"]
    if not details["has_evidence"]:
        raise invalid("There is no evidence to submit.", param="evidence")
    _refuse_beyond_limits(call, body["evidence"])
    details["submission_count"] += 1
    details["submission_method"] = "manual"
    is_inquiry = body["status"] == "warning_needs_response"
    body["status"] = "warning_under_review" if is_inquiry else "under_review"
    fee = 0 if is_inquiry else dispute.private["counter_fee"]
    if fee:
        dispute.private["counter_fee_taken"] = fee
        take(call, dispute, fee=fee, is_counter_fee=True, amount=0)
    if verdict_of(body["evidence"]):
        call.schedule("decide_dispute", dispute.id, call.now + call.settle_seconds)


def _refuse_beyond_limits(call: Call, evidence: Body) -> None:
    if sum(len(evidence[name] or "") for name in TEXT_FIELDS) > MAX_ALL_CHARACTERS:
        raise invalid(
            f"The combined character count of all evidence is limited to {MAX_ALL_CHARACTERS}.",
            param="evidence",
        )
    size = 0
    for name in FILE_FIELDS:
        if evidence[name]:
            file = call.books.find("files", call.account, evidence[name])
            if file is None:
                raise missing_object("file upload", evidence[name], f"evidence[{name}]")
            size += file.body["size"]
    if size > MAX_EVIDENCE_BYTES:
        raise invalid("The combined size of the files is limited to 4.5 MB.", param="evidence")
