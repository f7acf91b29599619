"""Files of breaks: what each would do, how far it is, what became of every row."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from unfold.admin import TabularInline

from foundation.backoffice.admin import BackOfficeAdmin
from foundation.backoffice.display import NOTHING, actor_words, badge, instant, mono
from foundation.backoffice.views import ActionView
from ledger.admin.break_file_pages import PERMISSION, WRITE_OFF_PERMISSION, as_download
from ledger.models import BreakFile, BreakFileRow
from ledger.reconciliation.break_files import write_outcome_rows
from ledger.reconciliation.operations.commit_break_file import commit_break_file

_STATES = {
    "previewed": ("Previewed", "wait"),
    "committed": ("Under way", "warn"),
    "done": ("Done", "good"),
}


class CommitBreakFile(ActionView):
    verb = "commit"
    label = "Commit"
    permission = PERMISSION

    @classmethod
    def applies(cls, file: BreakFile) -> bool:
        return bool(file.status == BreakFile.Status.PREVIEWED)

    @classmethod
    def refusal(cls, file: BreakFile) -> str:
        return "" if file.doable_count else "There is nothing in it that could be done."

    def explanation(self, file: BreakFile) -> str:
        refused = file.row_count - file.doable_count
        left = f" {refused:,} others cannot be done, and say why." if refused else ""
        return f"{file.doable_count:,} rows are done one after another, in your name.{left}"

    def perform(self, file: BreakFile, answers: dict[str, Any]) -> str:
        commit_break_file(
            merchant_id=file.merchant_id,
            file_id=file.id,
            may_write_off=self.request.user.has_perm(WRITE_OFF_PERMISSION),
        )
        return "The rows are being done; this page shows how far they are."


class Rows(TabularInline):
    """Row by row, in the order of the file."""

    model = BreakFileRow
    verbose_name_plural = "rows"
    fields = readonly_fields = ("line_number", "shown_break", "asks", "became")
    extra = max_num = 0
    per_page = 50
    hide_title = True
    ordering = ("line_number",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    has_change_permission = has_delete_permission = has_add_permission

    @admin.display(description="break")
    def shown_break(self, row: BreakFileRow) -> str:
        if row.broken_id is None:
            return row.named or NOTHING
        address = reverse("admin:ledger_reconciliationbreak_change", args=[row.broken_id])
        return format_html('<a class="bo-link bo-mono" href="{}">{}</a>', address, row.named)

    @admin.display(description="asks for")
    def asks(self, row: BreakFileRow) -> str:
        asked = {"Owner": row.owner, "Explanation": row.explanation, "Write off": row.write_off_reason}
        return "; ".join(f"{name}: {value}" for name, value in asked.items() if value) or NOTHING

    @admin.display(description="outcome")
    def became(self, row: BreakFileRow) -> str:
        if row.outcome:
            return row.outcome
        return badge(row.problem, "bad") if row.problem else "Waits"


@admin.register(BreakFile)
class BreakFileAdmin(BackOfficeAdmin):
    list_display = ("name", "state", "asked", "uploaded", "created", "merchant_name")
    list_select_related = ("merchant",)
    inlines = (Rows,)
    action_views: ClassVar = [CommitBreakFile]
    fields = ("state", "asked", "progress", "uploaded", "committed", "finished", "merchant", "shown_id")

    def get_urls(self) -> list[URLPattern]:
        return [
            path(
                "<uuid:file_id>/outcome/",
                self.admin_site.admin_view(self.download_outcome),
                name="ledger_breakfile_outcome",
            ),
            *super().get_urls(),
        ]

    def download_outcome(self, request: HttpRequest, file_id: Any) -> StreamingHttpResponse:
        """Every row with what became of it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        file = self.get_queryset(request).filter(pk=file_id).first()
        if file is None:
            raise Http404
        rows = file.rows.order_by("line_number").iterator(chunk_size=2_000)
        return as_download(write_outcome_rows(rows), "outcome.csv")

    @admin.display(description="file")
    def name(self, file: BreakFile) -> str:
        return file.file_name or file.public_id

    @admin.display(description="state")
    def state(self, file: BreakFile) -> str:
        return badge(*_STATES[file.status])

    @admin.display(description="rows")
    def asked(self, file: BreakFile) -> str:
        refused = file.row_count - file.doable_count
        return f"{file.doable_count:,} to be done" + (f", {refused:,} that cannot be" if refused else "")

    @admin.display(description="done")
    def progress(self, file: BreakFile) -> str:
        if file.status == BreakFile.Status.PREVIEWED:
            return "Nothing yet: look through the rows below, and commit."
        done = file.row_count - file.rows.filter(outcome="").count()
        return format_html(
            '<progress max="{}" value="{}" aria-label="Rows with an outcome"></progress> {} of {} rows '
            '<a class="bo-link" href="{}">Download the outcome</a>',
            file.row_count,
            done,
            f"{done:,}",
            f"{file.row_count:,}",
            reverse("admin:ledger_breakfile_outcome", args=[file.pk]),
        )

    @admin.display(description="uploaded")
    def uploaded(self, file: BreakFile) -> str:
        return format_html("{} by {}", instant(file.created_at), actor_words(file.uploaded_by))

    @admin.display(description="committed")
    def committed(self, file: BreakFile) -> str:
        if file.committed_at is None:
            return NOTHING
        return format_html("{} by {}", instant(file.committed_at), actor_words(file.committed_by))

    @admin.display(description="created")
    def created(self, file: BreakFile) -> str:
        return instant(file.created_at)

    @admin.display(description="finished")
    def finished(self, file: BreakFile) -> str:
        return instant(file.finished_at)

    @admin.display(description="id")
    def shown_id(self, file: BreakFile) -> str:
        return mono(file.public_id)
