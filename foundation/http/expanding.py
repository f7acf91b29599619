"""expand[]: ids in a shape replaced by the objects they name, to depth 4, one batch of loading per level.

Apps register in AppConfig.ready (through their api package) what can be expanded; this module knows no
object. Shapes are plain dicts with "object" and "id"; a loader returns shapes again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from foundation.errors import ParameterInvalid
from foundation.http.errors import ParameterNotArray, ParameterNotString

MAX_DEPTH = 4
MAX_PATHS = 20

Shape = dict[str, Any]
Loader = Callable[[UUID, Sequence[str]], Mapping[str, Any]]
"""(merchant_id, public ids) → {public id: shape}. Ids of another merchant are simply not in the answer."""

_Tree = dict[str, "_Tree"]


@dataclass(frozen=True, slots=True)
class _Walk:
    merchant_id: UUID
    is_strict: bool


class _Step(NamedTuple):
    """The objects that are inside a field once it is expanded, their owner's name, and whether it is a field
    that can be expanded at all."""

    inner: list[Shape]
    owner: str
    is_known: bool


class Expanders:
    """What can be expanded. The API has one, EXPANDERS; a test may have its own."""

    def __init__(self) -> None:
        self._loaders: dict[tuple[str, str], Loader] = {}
        self._inclusions: dict[tuple[str, str], Loader] = {}

    def register_expander(self, object_type: str, field: str, loader: Loader) -> None:
        """`register_expander("payment_intent", "latest_charge", load_charges)`: the field holds ids of these.

        field may also name a field one hash down: "payment_settings.default_method".
        """
        self._loaders[(object_type, field)] = loader

    def register_inclusion(self, object_type: str, field: str, loader: Loader) -> None:
        """A field that appears only when asked for (`charge.refunds`): the loader maps the owners' ids to its
        value."""
        self._inclusions[(object_type, field)] = loader

    def expandable_fields(self, object_type: str) -> list[str]:
        """Fields of an object that expand[] accepts."""
        return sorted(field for kind, field in (*self._loaders, *self._inclusions) if kind == object_type)

    def refuse_unless_expandable(self, object_type: str, paths: Sequence[str]) -> None:
        """Before a write: refuse what an object of this type certainly cannot expand. Raises ParameterInvalid.

        A path that leads on through objects the shape holds anyway is judged when it is walked.
        """
        known = self.expandable_fields(object_type)
        for path in paths:
            if "." not in path and path not in known:
                raise _not_expandable(path)

    def expand(
        self, shape: Shape, paths: Sequence[str], *, merchant_id: UUID, is_strict: bool = True
    ) -> Shape:
        """The shape with the named properties expanded in place.

        is_strict: raises ParameterInvalid for an unknown one; else it is left as it is, because the answer to
        a write that has happened must not become a refusal.
        """
        if paths:
            self._expand_all([shape], _tree_of(paths), _Walk(merchant_id, is_strict), "", "")
        return shape

    def _expand_all(self, shapes: list[Shape], tree: _Tree, walk: _Walk, path: str, owner: str) -> None:
        """owner: "payment_intent" and the hash inside it ("" for the object itself) that the shapes are."""
        for field, subtree in tree.items():
            full = f"{path}.{field}" if path else field
            found = [
                self._expand_field(group, kind, field, walk.merchant_id, is_last=not subtree)
                for kind, group in _by_kind(shapes, owner).items()
            ]
            # Of objects of several kinds in one list, those that know the property are expanded.
            if walk.is_strict and found and not any(step.is_known for step in found):
                raise _not_expandable(full)
            for step in found:
                if subtree and step.inner:
                    self._expand_all(step.inner, subtree, walk, full, step.owner)

    def _expand_field(
        self, shapes: list[Shape], kind: str, field: str, merchant_id: UUID, *, is_last: bool
    ) -> _Step:
        """Expand one field of shapes of one kind."""
        object_type, _, prefix = kind.partition(".")
        name = f"{prefix}.{field}" if prefix else field
        include = self._inclusions.get((object_type, name))
        if include is not None:
            _include(shapes, field, include, merchant_id)
        loader = self._loaders.get((object_type, name))
        if loader is not None:
            _load(shapes, field, loader, merchant_id)
        inner = [value for shape in shapes for value in _as_list(shape.get(field)) if isinstance(value, dict)]
        # A nested object that is always there may be named (it is expanded already); a hash or list may be walked
        # through; anything else is no path.
        is_there = (
            any("object" in value for value in inner) if is_last else bool(inner) or _is_list(shapes, field)
        )
        is_known = include is not None or loader is not None or is_there
        return _Step(inner, f"{object_type}.{name}", is_known)


EXPANDERS = Expanders()
register_expander = EXPANDERS.register_expander
register_inclusion = EXPANDERS.register_inclusion


def expand_paths(value: Any) -> list[str]:
    """The paths of an `expand` parameter (a list; `expand[0]=` and a bare string are accepted too).

    Raises: ParameterInvalid when there are too many or one is too deep.
    """
    if isinstance(value, str):
        value = [value] if value else []
    elif isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        raise ParameterNotArray("Invalid array", param="expand")
    if len(value) > MAX_PATHS:
        raise ParameterInvalid(f"At most {MAX_PATHS} properties can be expanded at once.", param="expand")
    for path in value:
        if not isinstance(path, str) or not path:
            raise ParameterNotString("Each element of expand is the path of a property.", param="expand")
        if path.count(".") >= MAX_DEPTH:
            raise ParameterInvalid(
                f"You cannot expand more than {MAX_DEPTH} levels of a property. Property: {path[:200]}",
                param="expand",
            )
    return list(value)


def _not_expandable(path: str) -> ParameterInvalid:
    return ParameterInvalid(f"This property cannot be expanded ({path[:200]}).", param="expand")


def _tree_of(paths: Iterable[str]) -> _Tree:
    root: _Tree = {}
    for path in paths:
        node = root
        for segment in path.split("."):
            node = node.setdefault(segment, {})
    return root


def _by_kind(shapes: list[Shape], owner: str) -> dict[str, list[Shape]]:
    groups: dict[str, list[Shape]] = {}
    for shape in shapes:
        groups.setdefault(shape.get("object") or owner, []).append(shape)
    return groups


def _is_list(shapes: list[Shape], field: str) -> bool:
    return field == "data" and any(isinstance(shape.get(field), list) for shape in shapes)


def _include(shapes: list[Shape], field: str, loader: Loader, merchant_id: UUID) -> None:
    missing = [shape["id"] for shape in shapes if not isinstance(shape.get(field), dict)]
    values = loader(merchant_id, missing) if missing else {}
    for shape in shapes:
        if shape["id"] in values:
            shape[field] = values[shape["id"]]


def _load(shapes: list[Shape], field: str, loader: Loader, merchant_id: UUID) -> None:
    wanted = dict.fromkeys(
        value for shape in shapes for value in _as_list(shape.get(field)) if isinstance(value, str)
    )
    if not wanted:
        return
    loaded = loader(merchant_id, list(wanted))
    for shape in shapes:
        value = shape.get(field)
        if isinstance(value, str):
            shape[field] = loaded.get(value, value)
        elif isinstance(value, list):
            shape[field] = [loaded.get(item, item) if isinstance(item, str) else item for item in value]


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
