"""What between two OpenAPI documents of the same version would break a client."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Document = dict[str, Any]
METHODS = ("get", "post", "delete")


def breaking_changes(before: Document, after: Document) -> list[str]:
    """One sentence per removed operation, parameter or field and per parameter that became required.

    Documents of different versions are not compared: a new version may change anything.
    """
    if before["info"]["version"] != after["info"]["version"]:
        return []
    return [*_operations(before, after), *_schemas(before, after)]


def _operations(before: Document, after: Document) -> Iterator[str]:
    for path, operations in before["paths"].items():
        for method in METHODS:
            if method not in operations:
                continue
            name = f"{method.upper()} {path}"
            changed = after["paths"].get(path, {}).get(method)
            if changed is None:
                yield f"{name} is gone."
            else:
                yield from _parameters(name, operations[method], changed)


def _parameters(name: str, before: Document, after: Document) -> Iterator[str]:
    known, present = _named(before), _named(after)
    for parameter in known.keys() - present.keys():
        yield f"{name} no longer takes {parameter}."
    for parameter, described in present.items():
        was_required = known.get(parameter, {}).get("required", False)
        if described.get("required", False) and not was_required and described.get("in") != "path":
            yield f"{name} now requires {parameter}."


def _named(operation: Document) -> dict[str, Document]:
    return {item.get("name", item.get("$ref", "")): item for item in operation.get("parameters", [])}


def _schemas(before: Document, after: Document) -> Iterator[str]:
    known = before.get("components", {}).get("schemas", {})
    present = after.get("components", {}).get("schemas", {})
    for name, schema in known.items():
        if name not in present:
            continue
        for field in schema.get("properties", {}).keys() - present[name].get("properties", {}).keys():
            yield f"{name} no longer has {field}."
        if _is_input(after, name):
            for field in set(present[name].get("required", [])) - set(schema.get("required", [])):
                yield f"{name} now requires {field}."
        for field, described in schema.get("properties", {}).items():
            now = present[name].get("properties", {}).get(field, {})
            for value in set(map(str, described.get("enum", []))) - set(map(str, now.get("enum", []))):
                yield f"{name}.{field} no longer knows {value}."


def _is_input(document: Document, name: str) -> bool:
    reference = f"#/components/schemas/{name}"
    return any(
        media.get("schema", {}).get("$ref") == reference
        for operations in document["paths"].values()
        for operation in operations.values()
        for media in operation.get("requestBody", {}).get("content", {}).values()
    )
