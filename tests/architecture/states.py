"""All states and arrows of all state machines, as text. A difference there is a design decision."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).with_name("states.golden")


def machines() -> Iterator[tuple[type[Any], Any]]:
    """Every (model, state field) of the project, by name; the copies that history keeps are left out."""
    from django.apps import apps
    from django_fsm import FSMFieldMixin

    for model in sorted(apps.get_models(), key=lambda model: model._meta.label):
        if hasattr(model, "instance_type"):
            continue
        for field in model._meta.get_fields():
            if isinstance(field, FSMFieldMixin):
                yield model, field


def arrows(model: type[Any], field: Any) -> list[tuple[str, str, str]]:
    """(source, target, name of the transition), sorted."""
    found = [(str(t.source), str(t.target), t.name) for t in field.get_all_transitions(model)]
    return sorted(found)


def describe() -> str:
    """The golden text: per machine its states, where it starts, and each arrow on a line."""
    paragraphs = []
    for model, field in machines():
        states = [str(value) for value, _ in field.choices]
        lines = [
            f"{model._meta.label}.{field.name}",
            f"  states: {', '.join(states)}",
            f"  starts: {field.default}",
        ]
        lines += [f"  {source} -> {target}: {name}" for source, target, name in arrows(model, field)]
        paragraphs.append("\n".join(lines) + "\n")
    return "\n".join(paragraphs)
