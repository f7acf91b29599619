"""Breaks in bulk: download the open ones, fill the file in, upload it. What it would do is on the page of the file
(break_files.py), where it is committed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget

from foundation.backoffice.scoping import narrow_to_staff
from foundation.context import acting
from foundation.errors import DomainError
from ledger.admin.merchants import merchants_of
from ledger.models import ReconciliationBreak
from ledger.reconciliation.break_files import MAX_ROWS, write_break_rows
from ledger.reconciliation.operations.take_in_break_file import take_in_break_file

MAX_BYTES = 20_000_000
PERMISSION = "ledger.explain_break"
WRITE_OFF_PERMISSION = "ledger.request_write_off"
_TEMPLATE = "admin/ledger/reconciliationbreak/file.html"


class BreakFileForm(forms.Form):
    merchant = forms.ChoiceField(widget=UnfoldAdminSelectWidget)
    file = forms.FileField(widget=UnfoldAdminFileFieldWidget, help_text="CSV, as downloaded.")

    def __init__(self, *args: Any, merchants: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["merchant"].choices = merchants  # type: ignore[attr-defined]

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError(f"The file is larger than {MAX_BYTES:,} bytes.")
        return file


def download_breaks(model_admin: Any, request: HttpRequest) -> StreamingHttpResponse:
    """The open breaks of the person's merchants, the oldest first, at most as many as a file may change."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    rows = ReconciliationBreak.across_merchants.filter(resolved_at__isnull=True)
    rows = rows.exclude(status=ReconciliationBreak.Status.WRITTEN_OFF)
    mine = narrow_to_staff(rows, request.user, merchant_path="merchant_id").order_by("id")[:MAX_ROWS]
    return as_download(write_break_rows(mine.iterator(chunk_size=2_000)), "breaks.csv")


def as_download(rows: Iterator[str], name: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(rows, content_type="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def break_file_page(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """GET: the form. POST: the file is taken in, and its page shows what it would do; no break is changed."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    merchants = [(str(pk), name) for pk, name in merchants_of(request)]
    if request.method != "POST":
        return _page(model_admin, request, BreakFileForm(merchants=merchants))
    form = BreakFileForm(request.POST, request.FILES, merchants=merchants)
    if not form.is_valid():
        return _page(model_admin, request, form, status=422)
    merchant_id, upload = UUID(form.cleaned_data["merchant"]), form.cleaned_data["file"]
    try:
        with acting(merchant_id=merchant_id, reason="Bulk file of breaks"):
            file = take_in_break_file(
                merchant_id=merchant_id,
                content=upload.read(),
                file_name=upload.name or "",
                may_write_off=request.user.has_perm(WRITE_OFF_PERMISSION),
            )
    except DomainError as error:
        form.add_error("file", error.text)
        return _page(model_admin, request, form, status=422)
    return redirect("admin:ledger_breakfile_change", file.pk)


def _page(model_admin: Any, request: HttpRequest, form: BreakFileForm, *, status: int = 200) -> HttpResponse:
    shown = {
        **model_admin.admin_site.each_context(request),
        "title": "Breaks by file",
        "opts": model_admin.opts,
        "form": form,
    }
    return TemplateResponse(request, _TEMPLATE, shown, status=status)
