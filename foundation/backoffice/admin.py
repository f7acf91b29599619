"""The base of every page of the back office: scoped to the person's merchants, read-only, cheap on big tables.

Agents change things through actions (views.py), which POST and call operations; never through a row's form.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin import ShowFacets
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from unfold.admin import ModelAdmin

from foundation.backoffice.display import NOTHING, actor_words
from foundation.backoffice.paginator import CappedPaginator
from foundation.backoffice.panels import panels_of
from foundation.backoffice.scoping import narrow_to_staff
from foundation.backoffice.terms import Reader, Terms, read_terms
from foundation.backoffice.views import ActionView
from foundation.money import EXPONENTS


class MerchantScopedAdmin(ModelAdmin):
    """Lists, pages and actions reach only rows of the staff member's merchants.

    merchant_path: column or path of the merchant's id. shows_unowned: also rows of no merchant.
    """

    merchant_path: ClassVar[str] = "merchant_id"
    shows_unowned: ClassVar[bool] = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return narrow_to_staff(
            super().get_queryset(request),
            request.user,
            merchant_path=self.merchant_path,
            with_unowned=self.shows_unowned,
        )


class BackOfficeAdmin(MerchantScopedAdmin):
    """Read-only by default; subclasses list their action_views."""

    paginator = CappedPaginator
    show_facets = ShowFacets.NEVER
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 0
    list_fullwidth = True
    list_filter_submit = True
    actions: ClassVar[list[str] | None] = None
    # Sorting by a column without an index reads the whole table: the newest come first, and that is all.
    sortable_by: ClassVar[tuple[str, ...]] = ()
    empty_value_display = NOTHING
    action_views: ClassVar[list[type[ActionView]]] = []
    # `field:value` in the search box: what the list knows, by name.
    term_fields: ClassVar[Mapping[str, Reader]] = {}
    # Columns with an index that hold an outside name of the row, such as the PSP's reference.
    reference_fields: ClassVar[tuple[str, ...]] = ()

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def read_search(self, text: str) -> Terms:
        return read_terms(text, self.term_fields, list(EXPONENTS))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        terms = self.read_search(search_term)
        for problem in terms.problems:
            messages.warning(request, problem)
        if terms.problems:
            return queryset.none(), False
        return self.find_words(request, queryset.filter(terms.condition), terms.words)

    def find_words(
        self, request: HttpRequest, queryset: QuerySet[Any], words: str
    ) -> tuple[QuerySet[Any], bool]:
        """What the words find, once `field:value` is taken out of them; the flag is Django's "may have duplicates"."""
        return super().get_search_results(request, queryset, words)

    def find_reference(self, queryset: QuerySet[Any], reference: str) -> list[Any]:
        """Keys of the few rows that bear an outside name."""
        found: list[Any] = []
        for field in self.reference_fields:
            found += queryset.order_by().filter(**{field: reference}).values_list("pk", flat=True)[:2]
        return found

    def found_words(self, obj: Any) -> tuple[str, str]:
        """A hit of the search: its title, and what tells it from its neighbours."""
        return str(obj), str(self.opts.verbose_name)

    @admin.display(description="merchant")
    def merchant_name(self, obj: Any) -> str:
        return obj.merchant.name if obj.merchant else NOTHING

    @admin.display(description="actor")
    def actor_words(self, obj: Any) -> str:
        return actor_words(obj.actor)

    def get_urls(self) -> list[URLPattern]:
        return [
            path(
                f"<path:object_id>/{view.verb}/",
                self.admin_site.admin_view(view.as_view(model_admin=self)),
                name=self.action_url_name(view),
            )
            for view in self.action_views
        ] + super().get_urls()

    def action_url_name(self, view: type[ActionView]) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{view.verb}"

    def action_links(self, request: HttpRequest, obj: Model) -> list[dict[str, Any]]:
        """The buttons of a page: label, address, and why one is off; those not permitted are left out."""
        links = []
        for view in self.action_views:
            if not request.user.has_perm(view.permission) or not view.applies(obj):
                continue
            links.append(
                {
                    "label": view.label,
                    "url": reverse(f"{self.admin_site.name}:{self.action_url_name(view)}", args=[obj.pk]),
                    "refusal": view.refusal(obj),
                    "tone": view.tone,
                    "has_dialog": view.has_dialog,
                }
            )
        return links

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        obj = kwargs.get("obj")
        if obj is not None:
            context["action_links"] = self.action_links(request, obj)
            context["public_id"] = getattr(obj, "public_id", "")
            context["panels"] = panels_of(request, obj)
        return super().render_change_form(request, context, *args, **kwargs)
