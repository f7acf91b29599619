"""The audit trail, to read: who changed which row how, the seals over it, and what the verifier said of them.

Written by triggers, sealer and verifier; nobody changes it anywhere.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.html import format_html

from foundation.audit.audited_rows import Place
from foundation.audit.models import AuditEvent, AuditVerification, Seal
from foundation.backoffice.admin import BackOfficeAdmin, MerchantScopedAdmin
from foundation.backoffice.display import badge, instant, json_block, mono
from foundation.backoffice.filters import CreatedFilter, fixed_filter

OPERATIONS = {"INSERT": ("Added", "good"), "UPDATE": ("Changed", "wait"), "DELETE": ("Deleted", "bad")}


@admin.register(AuditEvent)
class AuditEventAdmin(BackOfficeAdmin):
    list_display = ("at", "what", "table", "row", "actor_words", "columns")
    list_display_links = ("at",)
    list_filter = (
        CreatedFilter,
        fixed_filter("operation", [(key, words) for key, (words, _) in OPERATIONS.items()], title="change"),
    )
    # Exact row or request: the table only grows, and a LIKE over it would never end.
    search_fields = ("row_id__exact",)
    search_help_text = "The row's id"
    fields = (
        "at",
        "what",
        "table",
        "row",
        "actor_words",
        "request_code",
        "trace_id",
        "before_json",
        "after_json",
    )

    @admin.display(description="time")
    def at(self, audit_event: AuditEvent) -> str:
        return instant(audit_event.created_at)

    @admin.display(description="change")
    def what(self, audit_event: AuditEvent) -> str:
        return badge(*OPERATIONS.get(audit_event.operation, (audit_event.operation, "calm")))

    @admin.display(description="table")
    def table(self, audit_event: AuditEvent) -> str:
        return audit_event.table_name.partition("_")[2] or audit_event.table_name

    @admin.display(description="row")
    def row(self, audit_event: AuditEvent) -> str:
        return mono(audit_event.row_id)

    @admin.display(description="columns")
    def columns(self, audit_event: AuditEvent) -> str:
        names = sorted(audit_event.after or audit_event.before or {})
        return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")

    @admin.display(description="request")
    def request_code(self, audit_event: AuditEvent) -> str:
        return mono(audit_event.request_id)

    @admin.display(description="before")
    def before_json(self, audit_event: AuditEvent) -> str:
        return json_block(audit_event.before)

    @admin.display(description="after")
    def after_json(self, audit_event: AuditEvent) -> str:
        return json_block(audit_event.after)


@admin.register(Seal)
class SealAdmin(BackOfficeAdmin):
    """The chain, newest first, with what the verifier last said of each seal. Of the platform: no merchant's."""

    list_display = ("shown_number", "sealed", "rows", "short_hash", "verified")
    list_display_links = ("shown_number",)
    search_fields = ("number__exact",)
    search_help_text = "The seal's number"
    fields = (
        "shown_number",
        "sealed",
        "verified",
        "rows",
        "upto_xid",
        "whole_hash",
        "whole_previous_hash",
        "key_id",
        "signature",
        "parts_json",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        # No row of a tenant is shown, only counts and digests.
        rows = super(MerchantScopedAdmin, self).get_queryset(request)
        return rows.annotate(verified_at=_last_verified("finished_at"), found=_last_verified("finding_count"))

    @admin.display(description="seal")
    def shown_number(self, seal: Seal) -> str:
        return str(seal.number)

    @admin.display(description="sealed")
    def sealed(self, seal: Seal) -> str:
        return instant(seal.sealed_at)

    @admin.display(description="rows")
    def rows(self, seal: Seal) -> str:
        return f"{seal.row_count:,}"

    @admin.display(description="hash")
    def short_hash(self, seal: Seal) -> str:
        return mono(seal.hash[:16])

    @admin.display(description="hash")
    def whole_hash(self, seal: Seal) -> str:
        return mono(seal.hash)

    @admin.display(description="hash of the seal before")
    def whole_previous_hash(self, seal: Seal) -> str:
        return mono(seal.previous_hash)

    @admin.display(description="last verified")
    def verified(self, seal: Any) -> str:
        if seal.verified_at is None:
            return badge("Not yet", "wait")
        words = badge("Findings", "bad") if seal.found else badge("Whole", "good")
        return format_html("{} {}", words, instant(seal.verified_at))

    @admin.display(description="tables")
    def parts_json(self, seal: Seal) -> str:
        return json_block(seal.parts)


def _last_verified(column: str) -> Subquery:
    """Of the newest slice that held the seal."""
    slices = AuditVerification.objects.filter(
        kind=AuditVerification.Kind.SEALS,
        first_seal__lte=OuterRef("number"),
        last_seal__gte=OuterRef("number"),
    )
    return Subquery(slices.order_by("-id").values(column)[:1])


@admin.register(AuditVerification)
class AuditVerificationAdmin(BackOfficeAdmin):
    """What the verifier looked at, and what it found."""

    list_display = ("finished", "looked_at", "span", "rows", "result")
    list_display_links = ("finished",)
    list_filter = (fixed_filter("kind", AuditVerification.Kind.choices),)
    fields = ("finished", "looked_at", "span", "rows", "result", "findings_json")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        # Findings name rows by key only, of whichever merchant.
        return super(MerchantScopedAdmin, self).get_queryset(request)

    @admin.display(description="finished")
    def finished(self, verification: AuditVerification) -> str:
        return instant(verification.finished_at)

    @admin.display(description="kind")
    def looked_at(self, verification: AuditVerification) -> str:
        return str(verification.get_kind_display())

    @admin.display(description="span")
    def span(self, verification: AuditVerification) -> str:
        if verification.kind == AuditVerification.Kind.ROWS:
            table = Place.from_text(verification.last_position).table
            return "to the end" if verification.is_last else f"as far as {table}"
        return f"{verification.first_seal} to {verification.last_seal}"

    @admin.display(description="rows")
    def rows(self, verification: AuditVerification) -> str:
        return f"{verification.row_count:,}"

    @admin.display(description="result")
    def result(self, verification: AuditVerification) -> str:
        count = verification.finding_count
        return badge(f"{count:,} found", "bad") if count else badge("Whole", "good")

    @admin.display(description="findings")
    def findings_json(self, verification: AuditVerification) -> str:
        return json_block(verification.findings)
