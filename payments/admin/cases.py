"""Cases: what a machine may not decide, waiting for a person; and what two people made of it."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse

from foundation.backoffice.admin import BackOfficeAdmin
from foundation.backoffice.display import NOTHING, actor_words, amount, badge, instant, link, mono
from foundation.backoffice.filters import CreatedFilter, SelectFilter, fixed_filter
from foundation.backoffice.links import page_link
from payments.admin import desk
from payments.admin.evidence import KINDS, RESOLUTION_BADGES, evidence_context, evidence_of
from payments.admin.resolving import (
    ApproveResolution,
    AskAboutCase,
    RefuseResolution,
    ResolveCase,
    WithdrawResolution,
)
from payments.admin.words import payment_link
from payments.models import Case, CaseKind, CaseResolution


class OpenFilter(SelectFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "Open"), ("resolved", "Resolved")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("open", "resolved"):
            return queryset
        return queryset.filter(resolved_at__isnull=self.value() == "open")


@admin.register(Case)
class CaseAdmin(BackOfficeAdmin):
    list_display = ("kind_words", "state", "payment", "about", "created")
    list_filter = (OpenFilter, fixed_filter("kind", list(CaseKind.choices)), CreatedFilter)
    list_before_template = "admin/payments/case/desk_link.html"
    fields = ("kind_words", "shown_id")
    action_views: ClassVar = [AskAboutCase, ResolveCase]

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        doubt = "desk/<slug:kind>/<uuid:subject_id>/"
        return [
            path("desk/", wrap(partial(desk.desk_page, self)), name="payments_case_desk"),
            path(doubt, wrap(partial(desk.doubt_page, model_admin=self)), name="payments_case_doubt"),
            path(
                f"{doubt}ask/", wrap(partial(desk.ask_now, model_admin=self)), name="payments_case_doubt_ask"
            ),
            path(
                f"{doubt}open/",
                wrap(partial(desk.open_now, model_admin=self)),
                name="payments_case_doubt_open",
            ),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("payment_intent")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        case = kwargs.get("obj")
        if case is not None:
            context |= evidence_context(evidence_of(case), case)
            context |= {
                "case": case,
                "case_state": self.state(case),
                "question": case.get_kind_display(),
                "opened": instant(case.created_at),
            }
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="question")
    def kind_words(self, case: Case) -> str:
        return case.get_kind_display()

    @admin.display(description="id")
    def shown_id(self, case: Case) -> str:
        return mono(case.public_id)

    @admin.display(description="state")
    def state(self, case: Case) -> str:
        if case.resolved_at is None:
            return badge("Open", "warn")
        return badge(case.get_ending_display() or "Resolved", "good")

    @admin.display(description="payment")
    def payment(self, case: Case) -> str:
        return payment_link(case.payment_intent)

    @admin.display(description="about the")
    def about(self, case: Case) -> str:
        # Of a line, the subject is the break that the reconciliation opened for it.
        if case.subject_kind == "line":
            return page_link("reconciliation_break", case.subject_id)
        if case.subject_kind in ("payout", "subscription", "dispute"):
            return page_link(case.subject_kind, case.subject_id)
        return KINDS.get(case.subject_kind, case.subject_kind)

    @admin.display(description="opened")
    def created(self, case: Case) -> str:
        return instant(case.created_at)


@admin.register(CaseResolution)
class CaseResolutionAdmin(BackOfficeAdmin):
    list_display = ("shown_verdict", "state", "shown_amount", "case_words", "asked_by", "requested")
    list_filter = (
        fixed_filter("status", [(status, words) for status, (words, _) in RESOLUTION_BADGES.items()]),
    )
    fields = (
        "shown_verdict",
        "state",
        "at_risk",
        "shown_amount",
        "case_words",
        "named_charge",
        "proof",
        "proof_reference",
        "asked_by",
        "requested",
        "checked_by",
        "decided",
        "decision_note",
        "recorded",
        "shown_hash",
    )
    action_views: ClassVar = [ApproveResolution, RefuseResolution, WithdrawResolution]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("case", "attempt")

    @admin.display(description="verdict")
    def shown_verdict(self, resolution: CaseResolution) -> str:
        return resolution.get_verdict_display()

    @admin.display(description="status")
    def state(self, resolution: CaseResolution) -> str:
        return badge(*RESOLUTION_BADGES[resolution.status])

    @admin.display(description="amount at risk")
    def at_risk(self, resolution: CaseResolution) -> str:
        subject = evidence_of(resolution.case).subject
        return amount(subject.amount) if subject is not None else NOTHING

    @admin.display(description="other amount")
    def shown_amount(self, resolution: CaseResolution) -> str:
        return amount(resolution.amount)

    @admin.display(description="case")
    def case_words(self, resolution: CaseResolution) -> str:
        address = reverse("admin:payments_case_change", args=[resolution.case_id])
        return link(resolution.case.get_kind_display(), address, is_code=False)

    @admin.display(description="charge")
    def named_charge(self, resolution: CaseResolution) -> str:
        return mono(resolution.attempt.public_id) if resolution.attempt else NOTHING

    @admin.display(description="asked by")
    def asked_by(self, resolution: CaseResolution) -> str:
        return actor_words(resolution.requested_by)

    @admin.display(description="asked for")
    def requested(self, resolution: CaseResolution) -> str:
        return instant(resolution.requested_at)

    @admin.display(description="decided by")
    def checked_by(self, resolution: CaseResolution) -> str:
        return actor_words(resolution.decided_by) if resolution.decided_by else NOTHING

    @admin.display(description="decided")
    def decided(self, resolution: CaseResolution) -> str:
        return instant(resolution.decided_at)

    @admin.display(description="recorded")
    def recorded(self, resolution: CaseResolution) -> str:
        return instant(resolution.recorded_at)

    @admin.display(description="approval covers")
    def shown_hash(self, resolution: CaseResolution) -> str:
        return mono(resolution.parameters_hash)
