"""The evidence page: fill in, upload, save, look at the very PDF; read-only once an answer has gone out.

A page of its own because dialogs receive no files. Every button saves the whole page first: nothing typed is lost.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from disputes.admin.actions import ANSWER
from disputes.admin.answers import SubmitEvidence, why_not_answerable
from disputes.admin.evidence_form import EvidenceForm, file_id_of
from disputes.admin.evidence_shown import evidence_groups, limit_lines, pack_context, read_only_context
from disputes.admin.pack_view import visible_dispute
from disputes.admin.words import both_zones, deadline_badge, gap_words, network_words
from disputes.errors import DisputeChanged
from disputes.evidence_fields import FIELDS, FILE_FIELDS, TEXT_FIELDS
from disputes.models import Dispute, EvidenceTemplate
from disputes.operations.stage_evidence import stage_evidence
from disputes.operations.upload_file import upload_file
from disputes.queries.assembling import fill_evidence
from disputes.queries.dispute_page import code_of
from disputes.queries.limits import read_sizes
from disputes.queries.packing import read_pack
from disputes.queries.templates import list_templates
from disputes.reason_codes import gaps
from disputes.steps.open_order import evidence_hash
from foundation import clock
from foundation.backoffice.display import amount
from foundation.context import acting
from foundation.errors import DomainError

TEMPLATE = "admin/disputes/dispute/evidence.html"


def evidence_page(model_admin: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    """GET: the page. POST: save, and what its button says beside that."""
    dispute = visible_dispute(model_admin, request, object_id)
    may_edit = request.user.has_perm(ANSWER)
    if request.method == "POST" and not may_edit:
        raise PermissionDenied
    refusal = why_not_answerable(dispute)
    if refusal or not may_edit:
        context = read_only_context(dispute, refusal or "You may read it. Disputes agents fill it in.")
        return _page(model_admin, request, dispute, context, status=409 if request.method == "POST" else 200)
    templates = list_templates(merchant_id=dispute.merchant_id, category=code_of(dispute).category)
    if request.method == "POST":
        return _save(model_admin, request, dispute, templates)
    return _page(model_admin, request, dispute, _editable(dispute, _form(dispute, templates)))


def _save(
    model_admin: Any, request: HttpRequest, dispute: Dispute, templates: list[EvidenceTemplate]
) -> HttpResponse:
    form = _form(dispute, templates, request.POST, request.FILES)
    if not form.is_valid():
        return _page(model_admin, request, dispute, _editable(dispute, form), status=422)
    with acting(merchant_id=dispute.merchant_id, reason="Evidence"):
        changes = {**form.changed_texts(dispute.evidence), **_uploaded(dispute, form)}
        if request.POST.get("remove") in FILE_FIELDS:
            changes[request.POST["remove"]] = None
        said = _filled_in(request, dispute, form, templates, changes)
        if not form.errors:
            try:
                stage_evidence(
                    merchant_id=dispute.merchant_id,
                    dispute_id=dispute.id,
                    evidence=changes,
                    expected_sha256=form.cleaned_data["shown"],
                )
            except DisputeChanged as error:
                return _conflict(model_admin, request, dispute, templates, error)
            except DomainError as error:
                form.add_error(_field_of(error), error.text)
    if form.errors:
        return _page(model_admin, request, dispute, _editable(dispute, form), status=422)
    messages.success(request, said)
    return redirect("admin:disputes_dispute_evidence", dispute.pk)


def _uploaded(dispute: Dispute, form: EvidenceForm) -> dict[str, str | None]:
    """The files of the form, kept; each that is refused becomes an error of its field."""
    kept: dict[str, str | None] = {}
    for name, given in form.uploads().items():
        data = given.read()
        try:
            file = upload_file(
                merchant_id=dispute.merchant_id,
                file_id=file_id_of(form.cleaned_data["form_key"], name, data),
                filename=given.name or name,
                data=data,
            )
        except DomainError as error:
            form.add_error(name, error.text)
        else:
            kept[name] = file.public_id
    return kept


def _filled_in(
    request: HttpRequest,
    dispute: Dispute,
    form: EvidenceForm,
    templates: list[EvidenceTemplate],
    changes: dict[str, str | None],
) -> str:
    """Add what the pressed button asks for to the changes; never over what somebody wrote. Answers with what to say."""
    texts: dict[str, str] = {name: form.cleaned_data[name] for name in TEXT_FIELDS}
    pressed = request.POST.get("do")
    if pressed == "prefill":
        found = {name: text for name, text in fill_evidence(dispute).items() if not texts[name]}
        changes.update(found)
        if not found:
            return "Saved. Our history holds nothing that is not written here already."
        return f"Saved, and {len(found)} field{'s' if len(found) > 1 else ''} filled in from our history. Read them."
    if pressed == "template":
        template = next((t for t in templates if str(t.id) == form.cleaned_data["template"]), None)
        if template is None:
            form.add_error("template", "Choose a template.")
            return ""
        before = texts[template.field]
        if template.text not in before:
            changes[template.field] = f"{before}\n\n{template.text}".strip()
        return f"Saved, with “{template.name}”. Fill in what it leaves open."
    return "Saved. Nothing is sent before you submit it."


def _conflict(
    model_admin: Any,
    request: HttpRequest,
    seen: Dispute,
    templates: list[EvidenceTemplate],
    error: DisputeChanged,
) -> HttpResponse:
    """What the person wrote, beside what a colleague has staged meanwhile; saving again is then a decision."""
    dispute = visible_dispute(model_admin, request, str(seen.pk))
    data = request.POST.copy()
    data["shown"] = evidence_hash(dispute.evidence)
    form = _form(dispute, templates, data, request.FILES)
    form.is_valid()
    form.add_error(
        None,
        f"{error.text} What is staged now stands below each field that differs; save again to replace it.",
    )
    context = _editable(dispute, form, compares=True)
    return _page(model_admin, request, dispute, context, status=422)


def _form(dispute: Dispute, templates: list[EvidenceTemplate], *given: Any) -> EvidenceForm:
    return EvidenceForm(
        *given, staged=dispute.evidence, shown=evidence_hash(dispute.evidence), templates=templates
    )


def _editable(dispute: Dispute, form: EvidenceForm, *, compares: bool = False) -> dict[str, Any]:
    evidence = dispute.evidence
    pack = read_pack(dispute, evidence) if any(evidence.values()) else None
    sizes = pack.sizes if pack is not None else read_sizes(dispute, evidence)
    category = code_of(dispute).category
    return {
        **(pack_context(pack) if pack is not None else {}),
        "form": form,
        "groups": evidence_groups(dispute, form, category=category, sizes=sizes, compares=compares),
        "gaps": [(gap_words(gap), gap.alternatives[0]) for gap in gaps(category, evidence)],
        "limits": limit_lines(sizes, pack),
        "submit_url": reverse("admin:disputes_dispute_submit", args=[dispute.pk]),
        "submit_label": SubmitEvidence.label,
        "has_templates": len(form.fields["template"].choices) > 1,  # type: ignore[attr-defined]
    }


def _page(
    model_admin: Any, request: HttpRequest, dispute: Dispute, shown: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    due = dispute.evidence_due_at
    context = {
        **model_admin.admin_site.each_context(request),
        "title": "Evidence",
        "opts": model_admin.opts,
        "original": dispute,
        "dispute": dispute,
        "claim": code_of(dispute).claim,
        "network": network_words(dispute),
        "disputed": amount(dispute.amount),
        "countdown": deadline_badge(dispute, clock.now()),
        "due": both_zones(due) if due else "",
        "dispute_url": reverse("admin:disputes_dispute_change", args=[dispute.pk]),
        "pack_url": reverse("admin:disputes_dispute_pack", args=[dispute.pk]),
        **shown,
    }
    return TemplateResponse(request, TEMPLATE, context, status=status)


def _field_of(error: DomainError) -> str | None:
    """The field that an error names, as "evidence[receipt]"."""
    name = (error.param or "").removeprefix("evidence[").removesuffix("]")
    return name if name in FIELDS else None
