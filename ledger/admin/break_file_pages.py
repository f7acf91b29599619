"""Breaks in bulk: download the open ones, fill the file in, upload it, look at what it would do, commit.

The preview changes nothing. What is committed is the file that was previewed, signed in between.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget

from foundation.backoffice.scoping import narrow_to_staff
from foundation.context import acting
from foundation.errors import DomainError
from ledger.admin.merchants import merchants_of
from ledger.models import ReconciliationBreak
from ledger.reconciliation.break_files import MAX_ROWS, BreakChange, read_break_file, write_break_file
from ledger.reconciliation.operations.apply_break_file import apply_break_file
from ledger.reconciliation.queries.break_changes import preview_changes

MAX_BYTES = 2_000_000
PERMISSION = "ledger.explain_break"
WRITE_OFF_PERMISSION = "ledger.request_write_off"
_SALT = "reconciliation break file"
_VALID_SECONDS = 3_600
_TEMPLATE = "admin/ledger/reconciliationbreak/file.html"


class BreakFileForm(forms.Form):
    merchant = forms.ChoiceField(widget=UnfoldAdminSelectWidget)
    file = forms.FileField(widget=UnfoldAdminFileFieldWidget, help_text="CSV, as downloaded.")

    def __init__(self, *args: Any, merchants: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["merchant"].choices = merchants  # type: ignore[attr-defined]

    def clean_file(self) -> bytes:
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError(f"The file is larger than {MAX_BYTES:,} bytes.")
        return bytes(file.read())


def download_breaks(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """The open breaks of the person's merchants, the oldest first, at most as many as a file may change."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    rows = ReconciliationBreak.across_merchants.filter(resolved_at__isnull=True)
    rows = rows.exclude(status=ReconciliationBreak.Status.WRITTEN_OFF)
    mine = narrow_to_staff(rows, request.user, merchant_path="merchant_id")
    response = HttpResponse(write_break_file(mine.order_by("id")[:MAX_ROWS]), content_type="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="breaks.csv"'
    return response


def break_file_page(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """GET: the form. POST with a file: the preview. POST with the previewed file: it is done."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    merchants = [(str(pk), name) for pk, name in merchants_of(request)]
    if request.method != "POST":
        return _page(model_admin, request, form=BreakFileForm(merchants=merchants))
    if "previewed" in request.POST:
        return _commit(model_admin, request, merchants)
    form = BreakFileForm(request.POST, request.FILES, merchants=merchants)
    if not form.is_valid():
        return _page(model_admin, request, form=form, status=422)
    merchant_id = UUID(form.cleaned_data["merchant"])
    try:
        changes = _permitted(
            request, preview_changes(merchant_id, read_break_file(form.cleaned_data["file"]))
        )
    except DomainError as error:
        form.add_error("file", error.text)
        return _page(model_admin, request, form=form, status=422)
    kept = signing.dumps(
        {
            "merchant": str(merchant_id),
            "staff": request.user.get_username(),
            "file": form.cleaned_data["file"].decode("utf-8-sig", errors="replace"),
        },
        salt=_SALT,
        compress=True,
    )
    doable = sum(not change.problem for change in changes)
    rows = [(change, change.problem) for change in changes]
    return _page(model_admin, request, rows=rows, previewed=kept if doable else "", doable=doable)


def _commit(model_admin: Any, request: HttpRequest, merchants: list[tuple[str, str]]) -> HttpResponse:
    try:
        kept = signing.loads(request.POST["previewed"], salt=_SALT, max_age=_VALID_SECONDS)
    except signing.BadSignature:
        raise PermissionDenied from None
    is_mine = kept["staff"] == request.user.get_username() and kept["merchant"] in dict(merchants)
    if not is_mine:
        raise PermissionDenied
    merchant_id = UUID(kept["merchant"])
    # Read and compared again: what has been done or has changed since the preview is not done twice.
    changes = _permitted(request, preview_changes(merchant_id, read_break_file(kept["file"].encode())))
    with acting(merchant_id=merchant_id, reason="Bulk file of breaks"):
        rows = apply_break_file(merchant_id=merchant_id, changes=changes)
    done = sum(not problem for _, problem in rows)
    messages.success(request, f"{done} of {len(rows)} rows are done.")
    return _page(model_admin, request, rows=rows, is_done=True)


def _permitted(request: HttpRequest, changes: list[BreakChange]) -> list[BreakChange]:
    """A person who may not ask for write-offs does not through a file either."""
    if request.user.has_perm(WRITE_OFF_PERMISSION):
        return changes
    refused = "You may not ask for write-offs."
    return [replace(c, problem=c.problem or refused) if c.write_off_reason else c for c in changes]


def _page(model_admin: Any, request: HttpRequest, *, status: int = 200, **context: Any) -> HttpResponse:
    shown = {
        **model_admin.admin_site.each_context(request),
        "title": "Breaks by file",
        "opts": model_admin.opts,
        **context,
    }
    return TemplateResponse(request, _TEMPLATE, shown, status=status)
