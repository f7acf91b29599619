"""The system checks that keep careless admin actions out."""

from __future__ import annotations

from django.contrib import admin
from django.core.checks import run_checks

from foundation.backoffice.admin import BackOfficeAdmin
from foundation.backoffice.views import ActionView
from foundation.tenancy.models import Merchant
from payments_site.admin_checks import check_actions
from payments_site.admin_site import BackOfficeSite


def errors_of(admin_class: type[BackOfficeAdmin]) -> list[str]:
    site = BackOfficeSite()
    admin_class.__module__ = "foundation.tests"
    site.register(Merchant, admin_class)
    return [error.id for error in check_actions(None, site=site)]


def test_our_own_site_passes() -> None:
    assert check_actions(None) == []
    assert [error for error in run_checks(tags=["admin"]) if error.is_serious()] == []


def test_an_action_without_permissions_is_an_error() -> None:
    class Careless(BackOfficeAdmin):
        actions = ["shout"]

        @admin.action()
        def shout(self, request, queryset):  # type: ignore[no-untyped-def]
            """Anybody could."""

    assert errors_of(Careless) == ["back_office.E001"]


def test_an_action_with_permissions_passes() -> None:
    class Careful(BackOfficeAdmin):
        actions = ["shout"]

        @admin.action(permissions=["view"])
        def shout(self, request, queryset):  # type: ignore[no-untyped-def]
            """Those who may view."""

    assert errors_of(Careful) == []


def test_an_unfold_action_is_an_error_because_it_runs_on_get() -> None:
    class OnGet(BackOfficeAdmin):
        actions_detail = ["shout"]

    assert errors_of(OnGet) == ["back_office.E002"]


def test_an_action_view_without_a_permission_is_an_error() -> None:
    class Unguarded(ActionView):
        verb = "shout"
        label = "Shout"

    class Open(BackOfficeAdmin):
        action_views = [Unguarded]

    assert errors_of(Open) == ["back_office.E003"]


def test_admins_of_packages_stay_out_of_our_site() -> None:
    assert {model._meta.app_label for model in admin.site._registry} <= {
        "foundation",
        "ledger",
        "payments",
        "disputes",
        "subscriptions",
    }
