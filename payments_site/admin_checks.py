"""System checks on the admin: an action that forgets its permission is refused before the site starts.

unfold runs an action without `permissions=` for anybody who can open the list, and runs row, list and detail
actions on GET (shared/design/backoffice.md, rule 1).
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.checks import CheckMessage, Error

UNFOLD_ACTION_LISTS = ("actions_list", "actions_row", "actions_detail", "actions_submit_line")


def check_actions(app_configs: Any, site: admin.AdminSite | None = None, **kwargs: Any) -> list[CheckMessage]:
    """E001: an action without permissions. E002: an unfold action, which would change things on GET. E003: an
    action view without a permission of the form "app.codename"."""
    found: list[CheckMessage] = []
    for model_admin in (site or admin.site)._registry.values():
        found += _plain_actions(model_admin) + _unfold_actions(model_admin) + _action_views(model_admin)
    return found


def _plain_actions(model_admin: Any) -> list[CheckMessage]:
    return [
        Error(
            f"The action {name} of {type(model_admin).__name__} says no permissions.",
            hint="@admin.action(permissions=[…])",
            obj=type(model_admin),
            id="back_office.E001",
        )
        for function, name, _ in model_admin._get_base_actions()
        if not getattr(function, "allowed_permissions", ())
    ]


def _unfold_actions(model_admin: Any) -> list[CheckMessage]:
    return [
        Error(
            f"{type(model_admin).__name__}.{attribute} would run on GET.",
            hint="Write a foundation.backoffice.views.ActionView and list it in action_views.",
            obj=type(model_admin),
            id="back_office.E002",
        )
        for attribute in UNFOLD_ACTION_LISTS
        if getattr(model_admin, attribute, ())
    ]


def _action_views(model_admin: Any) -> list[CheckMessage]:
    return [
        Error(
            f"{view.__name__} of {type(model_admin).__name__} says no permission.",
            obj=view,
            id="back_office.E003",
        )
        for view in getattr(model_admin, "action_views", ())
        if "." not in getattr(view, "permission", "")
    ]
