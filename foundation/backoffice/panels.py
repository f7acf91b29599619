"""Sections that a floor above adds to the page of a row below, said once when its admin is loaded.

The page of a payment shows its disputes and knows none: it shows whatever panels were registered for its model.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class PanelLine:
    """state: badges, ready to be written out. words: plain. code: the id that leads to url. note: beneath."""

    state: str
    words: str
    code: str
    url: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """A titled list on somebody else's page."""

    title: str
    lines: Sequence[PanelLine]


MakePanel = Callable[[HttpRequest, Any], Panel | None]

_makers: dict[str, list[MakePanel]] = defaultdict(list)


def register_panel(model: str, make: MakePanel) -> None:
    """model: "payments.paymentintent". make: None where the panel has nothing to show, or the person may not see it."""
    if make not in _makers[model]:
        _makers[model].append(make)


def panels_of(request: HttpRequest, obj: Any) -> list[Panel]:
    """The panels of a row's page, in the order in which they were registered."""
    made = (make(request, obj) for make in _makers.get(obj._meta.label_lower, []))
    return [panel for panel in made if panel is not None]
