"""Form bodies with bracketed names: `a[b][0]=x` to nested dictionaries and lists, as Stripe reads them."""

from typing import Any
from urllib.parse import parse_qsl

MAX_DEPTH = 8


class FormUnreadable(ValueError):
    """The text is no form body; the message is safe to show."""


def parse_form(text: str) -> dict[str, Any]:
    """Nested parameters of a query string or form body. Values stay strings. Raises FormUnreadable."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=1000)
    except ValueError as error:
        raise FormUnreadable(str(error)) from error
    root: dict[str, Any] = {}
    nested = False
    for name, value in pairs:
        if "[" in name:
            _place(root, name, value)
            nested = True
        else:
            root[name] = value
    return {name: _lists(value, name) for name, value in root.items()} if nested else root


def _place(root: dict[str, Any], name: str, value: str) -> None:
    head, *rest = name.replace("]", "").split("[")
    if len(rest) > MAX_DEPTH:
        raise FormUnreadable(f"Invalid object: {name} is nested too deeply")
    node = root
    path = [head, *rest]
    for position, part in enumerate(path):
        key = part if part != "" else str(len(node))
        if position == len(path) - 1:
            node[key] = value
            return
        child = node.get(key)
        if child is None:
            child = node[key] = {}
        elif not isinstance(child, dict):
            raise FormUnreadable(f"Invalid object: {name} is both a value and an object")
        node = child


def _lists(node: Any, name: str) -> Any:
    if not isinstance(node, dict):
        return node
    # Metadata keys are the merchant's own and may well be digits.
    if name != "metadata" and node and all(key.isdecimal() for key in node):
        return [_lists(node[key], "") for key in sorted(node, key=int)]
    return {key: _lists(value, key) for key, value in node.items()}
