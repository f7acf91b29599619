"""Cases: what a machine may not decide, waiting for a person."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from foundation.backoffice.admin import BackOfficeAdmin
from foundation.backoffice.display import badge, instant, json_block, mono
from foundation.backoffice.filters import CreatedFilter, SelectFilter, fixed_filter
from foundation.backoffice.links import page_link
from payments.admin.words import payment_link
from payments.models import Case, CaseKind


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
    fields = (
        "kind_words",
        "shown_id",
        "state",
        "payment",
        "about",
        "evidence_json",
        "created",
        "resolved",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("payment_intent")

    @admin.display(description="question")
    def kind_words(self, case: Case) -> str:
        return case.get_kind_display()

    @admin.display(description="id")
    def shown_id(self, case: Case) -> str:
        return mono(case.public_id)

    @admin.display(description="state")
    def state(self, case: Case) -> str:
        return badge("Open", "warn") if case.resolved_at is None else badge("Resolved", "good")

    @admin.display(description="payment")
    def payment(self, case: Case) -> str:
        return payment_link(case.payment_intent)

    @admin.display(description="about the")
    def about(self, case: Case) -> str:
        if case.subject_kind == "break":
            return page_link("reconciliation_break", case.subject_id)
        if case.subject_kind == "payout":
            return page_link("payout", case.subject_id)
        return {"attempt": "charge"}.get(case.subject_kind, case.subject_kind)

    @admin.display(description="evidence")
    def evidence_json(self, case: Case) -> str:
        return json_block(case.evidence)

    @admin.display(description="opened")
    def created(self, case: Case) -> str:
        return instant(case.created_at)

    @admin.display(description="resolved")
    def resolved(self, case: Case) -> str:
        return instant(case.resolved_at)
