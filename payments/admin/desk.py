"""The money-in-doubt desk: everything whose outcome nobody knows, and the page of one movement with two buttons."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from foundation import clock
from foundation.backoffice.display import NOTHING, amount, badge, instant
from foundation.backoffice.scoping import assigned_merchant_ids, narrow_to_staff
from foundation.context import acting
from foundation.errors import DomainError
from payments.admin.evidence import ANSWER_WORDS, KINDS, duration_words, evidence_context
from payments.admin.words import reason_words
from payments.models import AuthorizationIncrement, Capture, PaymentAttempt, Refund, SetupIntent
from payments.operations.ask_about_movement import ask_about_movement
from payments.operations.open_doubt_case import open_doubt_case
from payments.queries.doubt import Doubt, list_doubts
from payments.queries.evidence import gather_evidence

MODELS: dict[str, type[Model]] = {
    "attempt": PaymentAttempt,
    "void": PaymentAttempt,
    "capture": Capture,
    "increment": AuthorizationIncrement,
    "refund": Refund,
    "setup_intent": SetupIntent,
}
VIEW, ASK = "payments.view_case", "payments.ask_psp"


def desk_page(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """Oldest first, with the sum at risk by currency."""
    _permit(request, VIEW)
    user: Any = request.user
    doubts = list_doubts(merchant_ids=None if user.is_superuser else assigned_merchant_ids(user))
    now = clock.now()
    context = {
        **model_admin.admin_site.each_context(request),
        "title": "Money in doubt",
        "opts": model_admin.opts,
        "rows": [_row(doubt, now) for doubt in doubts],
        "at_risk": [amount(total) for total in _totals(doubts)],
    }
    return TemplateResponse(request, "admin/payments/case/desk.html", context)


def _row(doubt: Doubt, now: Any) -> dict[str, Any]:
    account, case = doubt.psp_account, doubt.case
    return {
        "kind": KINDS.get(doubt.kind, doubt.kind),
        "amount": amount(doubt.amount),
        "age": duration_words(doubt.age_seconds(now)),
        "limit": duration_words(account.maximum_report_delay_seconds) if account else NOTHING,
        "is_overdue": doubt.is_overdue(now),
        "next": instant(doubt.next_look_at),
        "reason": reason_words(doubt.reason),
        "psp": account.name if account else NOTHING,
        "question": case.get_kind_display() if case else "",
        "state": badge("Case open", "warn") if case else badge("Being asked", "wait"),
        "url": _page_of(doubt),
    }


def _page_of(doubt: Doubt) -> str:
    if doubt.case is not None:
        return reverse("admin:payments_case_change", args=[doubt.case.pk])
    return reverse("admin:payments_case_doubt", args=[doubt.kind, doubt.subject_id])


def _totals(doubts: list[Doubt]) -> list[Any]:
    sums: dict[str, Any] = {}
    for doubt in doubts:
        if doubt.amount is not None:
            currency = doubt.amount.currency
            sums[currency] = sums[currency] + doubt.amount if currency in sums else doubt.amount
    return [sums[currency] for currency in sorted(sums)]


@require_safe
def doubt_page(request: HttpRequest, kind: str, subject_id: UUID, *, model_admin: Any) -> HttpResponse:
    """One movement about which no question is open yet."""
    _permit(request, VIEW)
    row: Any = _row_of(request, kind, subject_id)
    evidence = gather_evidence(merchant_id=row.merchant_id, kind=kind, subject_id=subject_id)
    context = {
        **model_admin.admin_site.each_context(request),
        **evidence_context(evidence, None),
        "title": KINDS[kind],
        "opts": model_admin.opts,
        "original": row,
        "may_ask": request.user.has_perm(ASK),
        "is_in_doubt": evidence.subject is not None and evidence.subject.is_undecided,
        "ask_url": reverse("admin:payments_case_doubt_ask", args=[kind, subject_id]),
        "open_url": reverse("admin:payments_case_doubt_open", args=[kind, subject_id]),
    }
    return TemplateResponse(request, "admin/payments/case/doubt.html", context)


@require_POST
def ask_now(request: HttpRequest, kind: str, subject_id: UUID, *, model_admin: Any) -> HttpResponse:
    """The PSP is asked in this very request: what the page says afterwards is what it answered."""
    _permit(request, ASK)
    row: Any = _row_of(request, kind, subject_id)
    try:
        with acting(merchant_id=row.merchant_id):
            word = ask_about_movement(merchant_id=row.merchant_id, kind=kind, subject_id=subject_id)
    except DomainError as error:
        messages.error(request, error.text)
    else:
        messages.success(request, f"The PSP was asked: {ANSWER_WORDS.get(word, word.replace('_', ' '))}.")
    return redirect("admin:payments_case_doubt", kind, subject_id)


@require_POST
def open_now(request: HttpRequest, kind: str, subject_id: UUID, *, model_admin: Any) -> HttpResponse:
    """A case, so that it can be resolved before its time."""
    _permit(request, ASK)
    row: Any = _row_of(request, kind, subject_id)
    try:
        with acting(merchant_id=row.merchant_id):
            case = open_doubt_case(merchant_id=row.merchant_id, kind=kind, subject_id=subject_id)
    except DomainError as error:
        messages.error(request, error.text)
        return redirect("admin:payments_case_doubt", kind, subject_id)
    return redirect("admin:payments_case_change", case.pk)


def _row_of(request: HttpRequest, kind: str, subject_id: UUID) -> Model:
    model: Any = MODELS.get(kind)
    if model is None:
        raise Http404("No such kind of movement.")
    rows = narrow_to_staff(
        model.across_merchants.filter(pk=subject_id), request.user, merchant_path="merchant_id"
    )
    row: Model | None = rows.first()
    if row is None:
        raise Http404("No such movement.")
    return row


def _permit(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied
