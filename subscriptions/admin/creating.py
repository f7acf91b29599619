"""New rows of the catalogue: a button for each of the person's merchants, a form, one operation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from unfold.widgets import UnfoldAdminTextInputWidget

from foundation.backoffice.admin import BackOfficeAdmin
from foundation.backoffice.forms import ReasonedForm
from foundation.backoffice.scoping import list_staff_merchants
from foundation.backoffice.views import ActionView


@dataclass(frozen=True, slots=True)
class Seller:
    """A merchant, as the one for whom something is made."""

    merchant_id: UUID
    name: str

    @property
    def pk(self) -> UUID:
        return self.merchant_id

    def __str__(self) -> str:
        return f"For {self.name}"


class NewRow(ActionView):
    """Makes a row for one merchant; perform gets the Seller."""

    verb = "new"

    def after(self, obj: Any) -> str:
        options = self.model_admin.opts
        return reverse(f"admin:{options.app_label}_{options.model_name}_changelist")

    def _permitted_object(self, request: HttpRequest, object_id: str) -> Any:
        own = {str(row.pk): Seller(row.pk, row.name) for row in list_staff_merchants(request.user)}
        if object_id not in own:
            raise Http404("No such merchant.")
        if not request.user.has_perm(self.permission):
            raise PermissionDenied
        return own[object_id]


MERCHANTS_OFFERED = 100


class CatalogueAdmin(BackOfficeAdmin):
    """A list with a button to make one more; its rows are changed by actions only."""

    new_view: ClassVar[type[NewRow] | None] = None
    list_before_template = "admin/subscriptions/new_links.html"

    def get_urls(self) -> list[URLPattern]:
        if self.new_view is None:
            return super().get_urls()
        page = self.admin_site.admin_view(self.new_view.as_view(model_admin=self))
        name = self.action_url_name(self.new_view)
        return [path("new/<str:object_id>/", page, name=name), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        links: list[tuple[str, str]] = []
        if self.new_view is not None and request.user.has_perm(self.new_view.permission):
            address = f"admin:{self.action_url_name(self.new_view)}"
            merchants = list_staff_merchants(request.user)
            links = [
                (f"{self.new_view.label} for {row.name}", reverse(address, args=[row.pk]))
                for row in merchants[:MERCHANTS_OFFERED]
            ]
        return super().changelist_view(request, {"new_links": links, **(extra_context or {})})


class SwitchRow(ActionView):
    """Archives a row, or offers it again; subclasses say in which state they apply and which operation does it."""

    form_class = ReasonedForm
    tone = "plain"


def text_field(**kwargs: Any) -> forms.CharField:
    """One line of text."""
    kwargs.setdefault("max_length", 250)
    return forms.CharField(widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}), **kwargs)


def whole_field(**kwargs: Any) -> forms.IntegerField:
    """A whole number, typed."""
    kwargs.setdefault("min_value", 1)
    widget = UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric", "autocomplete": "off"})
    return forms.IntegerField(widget=widget, **kwargs)


def decimal_field(**kwargs: Any) -> forms.DecimalField:
    """A number with decimals, typed; never through float."""
    kwargs.setdefault("min_value", 0)
    widget = UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal", "autocomplete": "off"})
    return forms.DecimalField(widget=widget, **kwargs)
