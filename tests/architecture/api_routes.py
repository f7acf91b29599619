"""Every route under /v1, read from the URL configuration."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

PREFIX = "v1/"
_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


@dataclass(frozen=True)
class Route:
    """template: "payment_intents/<id>/capture", without /v1/. view: the ApiView, None for a function."""

    template: str
    view: type[Any] | None
    callback: str

    @property
    def parameters(self) -> list[str]:
        return re.findall(r"<(\w+)>", self.template)

    @property
    def methods(self) -> list[str]:
        """What the view answers, HEAD and OPTIONS aside."""
        assert self.view is not None
        return [name for name in ("get", "post", "delete") if hasattr(self.view, name)]

    def path(self, **values: str) -> str:
        filled = self.template
        for name, value in values.items():
            filled = filled.replace(f"<{name}>", value)
        return f"/{PREFIX}{filled}"


def v1_routes() -> list[Route]:
    found: dict[str, Route] = {}
    for route in _walk(get_resolver().url_patterns, ""):
        # As Django resolves: of two with one template, the first answers.
        found.setdefault(route.template, route)
    return [found[template] for template in sorted(found)]


def _walk(patterns: list[Any], before: str) -> Iterator[Route]:
    for pattern in patterns:
        text = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, text)
        elif isinstance(pattern, URLPattern) and text.lstrip("^").startswith(PREFIX.rstrip("/")):
            template = _PARAMETER.sub(r"<\1>", text).removeprefix(PREFIX)
            yield Route(template, getattr(pattern.callback, "view_class", None), pattern.callback.__name__)
