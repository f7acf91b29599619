"""Template tags of the back office."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse

from foundation.backoffice.display import instant

register = template.Library()


@register.simple_tag(takes_context=True)
def page_trail(context: Any) -> list[dict[str, Any]]:
    """Where the person is: the list and the row, or the page's own title. Apps are ours, not theirs, to know."""
    options, row = context.get("opts"), context.get("original") or context.get("object")
    if options is None:
        return [{"title": context.get("content_title") or context.get("title", "")}]
    base = f"admin:{options.app_label}_{options.model_name}"
    trail = [{"title": options.verbose_name_plural, "url": reverse(f"{base}_changelist")}]
    if row is not None and not isinstance(row, str):
        trail.append({"title": str(row), "url": reverse(f"{base}_change", args=[row.pk])})
    return trail


@register.simple_tag
def filter_chips(changelist: Any, parameter: str) -> list[dict[str, Any]]:
    """The choices of one list filter as links: display, query_string, selected. Empty without that filter."""
    for spec in changelist.filter_specs:
        if getattr(spec, "parameter_name", "") == parameter:
            return list(spec.choices(changelist))
    return []


register.filter("instant", instant)
