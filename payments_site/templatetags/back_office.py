"""Template tags of the back office."""

from __future__ import annotations

from typing import Any

from django import template

register = template.Library()


@register.simple_tag
def filter_chips(changelist: Any, parameter: str) -> list[dict[str, Any]]:
    """The choices of one list filter as links: display, query_string, selected. Empty without that filter."""
    for spec in changelist.filter_specs:
        if getattr(spec, "parameter_name", "") == parameter:
            return list(spec.choices(changelist))
    return []
