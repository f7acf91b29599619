"""Forms that begin with a merchant instead of a row: a new template, a new policy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse

from foundation.backoffice.admin import BackOfficeAdmin
from foundation.backoffice.scoping import list_staff_merchants
from foundation.backoffice.views import ActionView


@dataclass(frozen=True, slots=True)
class Shop:
    """A merchant as the thing that is acted on."""

    merchant_id: UUID
    name: str
    currency: str

    @property
    def pk(self) -> UUID:
        return self.merchant_id

    def __str__(self) -> str:
        return self.name


class ShopActionView(ActionView):
    """An action on one of the person's merchants; afterwards the list is shown."""

    def after(self, shop: Any) -> str:
        options = self.model_admin.opts
        return reverse(f"admin:{options.app_label}_{options.model_name}_changelist")

    def _permitted_object(self, request: HttpRequest, object_id: str) -> Any:
        found = next((shop for shop in shops_of(request) if str(shop.pk) == object_id), None)
        if found is None:
            raise Http404("No such merchant.")
        if not request.user.has_perm(self.permission):
            raise PermissionDenied
        return found


class ShopActionsAdmin(BackOfficeAdmin):
    """A list with a button per merchant above it, for each of its shop_views."""

    list_before_template = "admin/disputes/shop_links.html"
    shop_views: ClassVar[list[type[ShopActionView]]] = []

    def get_urls(self) -> list[URLPattern]:
        return [
            path(
                f"{view.verb}/<uuid:object_id>/",
                self.admin_site.admin_view(_by_text(view.as_view(model_admin=self))),
                name=self.action_url_name(view),
            )
            for view in self.shop_views
        ] + super().get_urls()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        shops = shops_of(request)
        links = [
            (
                f"{view.label} for {shop.name}" if len(shops) > 1 else view.label,
                reverse(f"admin:{self.action_url_name(view)}", args=[shop.pk]),
            )
            for view in self.shop_views
            if request.user.has_perm(view.permission)
            for shop in shops
        ]
        return super().changelist_view(request, {"shop_links": links, **(extra_context or {})})


def shops_of(request: HttpRequest) -> list[Shop]:
    return [Shop(row.pk, row.name, row.default_currency) for row in list_staff_merchants(request.user)]


def _by_text(view: Any) -> Any:
    def called(request: HttpRequest, object_id: UUID) -> HttpResponse:
        return view(request, object_id=str(object_id))

    return called
