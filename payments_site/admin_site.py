"""The admin site of the back office: unfold's, with our login, our search and no cache of what was found."""

from __future__ import annotations

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.sites import UnfoldAdminSite

from foundation.backoffice.admin import BackOfficeAdmin
from payments_site.home import home_context
from payments_site.search import find_everything, find_page_of_id

OUR_APPS = frozenset({"foundation", "ledger", "payments", "disputes", "subscriptions", "payments_site"})


class BackOfficeSite(UnfoldAdminSite):
    site_title = "Back office"
    site_header = "Payments"
    index_title = "Home"
    enable_nav_sidebar = True

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Our own pages only: packages' admins act without our scoping, permissions and paging."""
        if admin_class is None or admin_class.__module__.split(".")[0] not in OUR_APPS:
            return
        if not issubclass(admin_class, BackOfficeAdmin):
            raise ImproperlyConfigured(
                f"{admin_class.__name__} derives from BackOfficeAdmin, as every page does."
            )
        super().register(model_or_iterable, admin_class, **options)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        return super().index(request, {**home_context(request), **(extra_context or {})})

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        # allauth's login asks for the second factor; Django's own would let a password alone in.
        return secure_admin_login(super().login)(request, extra_context=extra_context)

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The box of Ctrl+K: a pasted id opens its page, other words list what they found.

        unfold's own keeps results for five minutes: a payment of a minute ago would be missing.
        """
        term = request.GET.get("s", "").strip()
        if not term:
            return HttpResponse()
        page = find_page_of_id(self, request, term)
        if page:
            return HttpResponse(headers={"HX-Redirect": page})
        results = find_everything(self, request, term)
        context = {
            "results": results,
            "page_obj": {"count": len(results)},
            "page_counter": 0,
            "execution_time": 0,
            "command_show_history": False,
        }
        return TemplateResponse(
            request, "unfold/helpers/command_results.html", context, headers={"HX-Trigger": "search"}
        )
