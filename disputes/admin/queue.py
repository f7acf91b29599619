"""The queue of disputes, by deadline and value, and the page of each."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from simple_history.admin import SimpleHistoryAdmin

from disputes.admin.actions import ASSIGN, AssignDispute, NoteOnDispute, TakeDispute
from disputes.admin.answers import AcceptDispute, SubmitEvidence
from disputes.admin.evidence_files import download_file
from disputes.admin.evidence_page import evidence_page
from disputes.admin.filters import QUEUE_FILTERS, TABS, tab_of
from disputes.admin.pack_view import show_pack
from disputes.admin.page import page_context
from disputes.admin.words import deadline_badge, network_words, reason_words, status_badge, status_words
from disputes.models import Dispute, OrderKind
from disputes.operations.assign_dispute import assign_dispute
from disputes.queries.desk import read_desk_facts
from disputes.queries.dispute_page import code_of, read_dispute_page
from foundation import clock, ids
from foundation.backoffice.admin import BackOfficeAdmin
from foundation.backoffice.display import NOTHING, amount, badge, readable
from foundation.context import acting
from foundation.money import Money

SHORTEST_REFERENCE = 8
MOST_TAKEN = 50
ON_ITS_WAY = {OrderKind.SUBMIT: "Evidence on its way", OrderKind.ACCEPT: "Acceptance on its way"}
HIDDEN_WORDS = {"product": "Product", "agent": "Agent", "code": "Reason code", "counted": "Month"}


class QueueList(ChangeList):
    """The list, with what its columns show of each row read for all of them at once."""

    def get_queryset(self, request: HttpRequest, *args: Any, **kwargs: Any) -> QuerySet[Any]:
        # Evidence is up to 150,000 characters a row, and no column shows it.
        return super().get_queryset(request, *args, **kwargs).defer("evidence")

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows = list(self.result_list)
        facts = read_desk_facts(rows)
        for dispute in rows:
            dispute.desk = facts[dispute.id]
        self.result_list = rows  # type: ignore[assignment]


@admin.register(Dispute)
class DisputeAdmin(SimpleHistoryAdmin, BackOfficeAdmin):
    list_display = (
        "claim",
        "countdown",
        "disputed",
        "charged",
        "value",
        "gap_count",
        "state",
        "owner",
    )
    sortable_by = ("countdown", "disputed")
    list_select_related = ("attempt",)
    list_filter = QUEUE_FILTERS
    list_before_template = "admin/disputes/dispute/tabs.html"
    search_fields = ("psp_reference__exact",)
    reference_fields = ("psp_reference",)
    search_help_text = "Id, PSP's reference, order, e-mail…"
    actions = ["take_over"]
    fields = ("claim",)
    action_views: ClassVar = [SubmitEvidence, AcceptDispute, TakeDispute, AssignDispute, NoteOnDispute]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return QueueList

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Dispute | None:
        """The one dispute with all that its pages name; the list takes less of each."""
        rows = self.get_queryset(request).select_related(
            "merchant",
            "psp_account",
            "payment_intent__customer",
            "attempt__payment_intent__customer",
            "attempt__payment_method",
        )
        try:
            found: Dispute | None = rows.filter(pk=UUID(object_id)).first()
        except ValueError:
            return None
        return found

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        if request.GET.get("ended") or request.GET.get("closed"):
            return ("-closed_at", "-id")
        order = {"closed": ("-closed_at", "-id"), "all": ("-id",)}
        return order.get(tab_of(request), ("evidence_due_at", "-id"))

    def find_words(
        self, request: HttpRequest, queryset: QuerySet[Any], words: str
    ) -> tuple[QuerySet[Any], bool]:
        term = words
        if not term:
            return queryset, False
        if len(term) >= SHORTEST_REFERENCE and " " not in term:
            # Ids first: an OR with the words of payments would defeat both indexes.
            named = queryset.filter(_named(term))
            if named.exists():
                return named, False
        for word in term.split():
            queryset = queryset.filter(payment_intent__search_text__icontains=word)
        return queryset, False

    def found_words(self, dispute: Dispute) -> tuple[str, str]:
        words = [readable(dispute.amount), status_words(dispute), reason_words(dispute.reason)]
        return " · ".join(words), f"{network_words(dispute)} · {dispute.psp_reference} · {dispute.public_id}"

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        chosen = tab_of(request)
        context = {
            "tabs": [(words, f"?tab={tab}" if tab else "?", tab == chosen) for tab, words in TABS.items()],
            "narrowed_by": [
                (words, request.GET[name]) for name, words in HIDDEN_WORDS.items() if request.GET.get(name)
            ],
        }
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        dispute = kwargs.get("obj")
        if dispute is not None:
            page = dispute.read_page = read_dispute_page(dispute)
            context |= page_context(page, request.user)
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        def within(page: Any) -> Any:
            return self.admin_site.admin_view(
                lambda request, object_id, **named: page(self, request, object_id, **named)
            )

        return [
            path("<path:object_id>/evidence/", within(evidence_page), name="disputes_dispute_evidence"),
            path("<path:object_id>/pack.pdf", within(show_pack), name="disputes_dispute_pack"),
            path("<path:object_id>/files/<slug:field>/", within(download_file), name="disputes_dispute_file"),
            *super().get_urls(),
        ]

    def has_assign_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(ASSIGN)

    @admin.action(description="Take them", permissions=["assign"])
    def take_over(self, request: HttpRequest, queryset: QuerySet[Dispute]) -> None:
        taken = list(queryset.exclude(closed_at__isnull=False).values_list("merchant_id", "pk")[:MOST_TAKEN])
        for merchant_id, dispute_id in taken:
            with acting(merchant_id=merchant_id, reason="Taken from the queue"):
                assign_dispute(
                    merchant_id=merchant_id,
                    dispute_id=dispute_id,
                    assigned_to=request.user.get_username(),
                )
        messages.success(request, f"{len(taken)} dispute{'s are' if len(taken) != 1 else ' is'} yours.")

    @admin.display(description="claim")
    def claim(self, dispute: Dispute) -> str:
        return format_html(
            '<span class="bo-claim" title="{}">{}</span><br><span class="bo-muted">{}</span>',
            code_of(dispute).claim,
            reason_words(dispute.reason),
            network_words(dispute),
        )

    @admin.display(description="to answer", ordering="evidence_due_at")
    def countdown(self, dispute: Dispute) -> str:
        return deadline_badge(dispute, clock.now())

    @admin.display(description="disputed", ordering="amount_minor")
    def disputed(self, dispute: Dispute) -> str:
        return amount(dispute.amount)

    @admin.display(description="of a charge of")
    def charged(self, dispute: Dispute) -> str:
        return amount(Money(dispute.attempt.amount_captured_minor, dispute.attempt.currency))

    @admin.display(description="fighting is worth")
    def value(self, dispute: Any) -> str:
        return amount(dispute.desk.worth.value) if dispute.is_answerable else NOTHING

    @admin.display(description="gaps")
    def gap_count(self, dispute: Any) -> str:
        if not dispute.is_answerable or dispute.desk.answer:
            return NOTHING
        gaps = dispute.desk.gaps
        return badge(f"{gaps} missing", "warn") if gaps else badge("Complete", "good")

    @admin.display(description="status")
    def state(self, dispute: Any) -> str:
        if dispute.is_answerable and dispute.desk.answer:
            return badge(ON_ITS_WAY[dispute.desk.answer], "wait")
        return status_badge(dispute)

    @admin.display(description="assigned to")
    def owner(self, dispute: Dispute) -> str:
        return dispute.assigned_to or NOTHING


def _named(term: str) -> Q:
    named = Q(psp_reference=term)
    for prefix, field in (("dp", "pk"), ("pi", "payment_intent_id"), ("ch", "attempt_id")):
        row_id = _decoded(prefix, term)
        if row_id is not None:
            named |= Q(**{field: row_id})
    return named


def _decoded(prefix: str, term: str) -> UUID | None:
    try:
        return ids.decode_id(prefix, term)
    except ids.PublicIdInvalid:
        return None
