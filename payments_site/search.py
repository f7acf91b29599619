"""Search over the whole back office: ids of any kind, ours and others', and words in the lists that can be searched.

Every hit passes through its ModelAdmin, so permissions and the person's merchants hold here as in the lists.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.urls import reverse
from unfold.dataclasses import SearchResult

from foundation import ids
from foundation.backoffice.admin import BackOfficeAdmin

HITS_PER_LIST = 6
SHORTEST_TERM = 3


def find_page_of_id(site: AdminSite, request: HttpRequest, term: str) -> str | None:
    """The address of the page of a public id (pi_…, re_…, evt_…) or a bare UUID; None when it is not to be seen."""
    for model_admin in _searched(site, request):
        row_id = _id_of(model_admin, term)
        if row_id is not None and model_admin.get_queryset(request).filter(pk=row_id).exists():
            return _page(site, model_admin, row_id)
    return _page_of_reference(site, request, term)


def _page_of_reference(site: AdminSite, request: HttpRequest, term: str) -> str | None:
    """What bears the PSP's, the bank's or an invoice's number, when it is one row and no more."""
    if len(term) < SHORTEST_TERM or " " in term:
        return None
    found = [
        (model_admin, row_id)
        for model_admin in _searched(site, request)
        for row_id in model_admin.find_reference(model_admin.get_queryset(request), term)
    ]
    return _page(site, *found[0]) if len(found) == 1 else None


def find_everything(site: AdminSite, request: HttpRequest, term: str) -> list[SearchResult]:
    """The first few hits of every searchable list, grouped by list."""
    if len(term) < SHORTEST_TERM:
        return []
    results = []
    for model_admin in _searched(site, request):
        if not model_admin.get_search_fields(request) or model_admin.read_search(term).problems:
            continue
        rows, _ = model_admin.get_search_results(request, model_admin.get_queryset(request), term)
        results += [_hit(site, model_admin, row) for row in rows[:HITS_PER_LIST]]
    return results


def _hit(site: AdminSite, model_admin: BackOfficeAdmin, row: Any) -> SearchResult:
    title, description = model_admin.found_words(row)
    return SearchResult(
        title=title,
        description=description,
        link=_page(site, model_admin, row.pk),
        # The heading of its group: hits of one list stand together.
        icon=str(model_admin.opts.verbose_name_plural),
    )


def _searched(site: AdminSite, request: HttpRequest) -> list[BackOfficeAdmin]:
    pages = site._registry.values()
    return [page for page in pages if isinstance(page, BackOfficeAdmin) and page.has_view_permission(request)]


def _id_of(model_admin: BackOfficeAdmin, term: str) -> UUID | None:
    prefix = getattr(model_admin.model, "public_prefix", "")
    if not prefix:
        return None
    try:
        return ids.decode_id(prefix, term)
    except ids.PublicIdInvalid:
        pass
    try:
        return UUID(term) if len(term) == 36 else None
    except ValueError:
        return None


def _page(site: AdminSite, model_admin: BackOfficeAdmin, row_id: Any) -> str:
    options = model_admin.opts
    return reverse(f"{site.name}:{options.app_label}_{options.model_name}_change", args=[row_id])
