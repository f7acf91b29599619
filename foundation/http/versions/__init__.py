"""Versions of the API: shapes are made in the newest one and taken back step by step to the one asked for.

Each module of this folder holds the steps from one release back to the one before: small functions per object
type that change a shape in place. Adding a release: a module here, its name first in settings.API_VERSIONS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from foundation.http.versions import v2026_10_28_endive

Shape = dict[str, Any]
Steps = Mapping[str, Callable[[Shape], None]]

RELEASES: Sequence[tuple[str, Steps]] = ((v2026_10_28_endive.RELEASE, v2026_10_28_endive.BACK),)
"""Newest first: the release, and the steps from it back to the release before."""


def in_version(shape: Shape, version: str, releases: Sequence[tuple[str, Steps]] = RELEASES) -> Shape:
    """The shape as `version` has it, changed in place; nothing to do for the newest."""
    for release, steps in releases:
        if release == version:
            break
        if steps:
            _walk(shape, steps)
    return shape


def _walk(value: Any, steps: Steps) -> None:
    if isinstance(value, dict):
        for inner in value.values():
            _walk(inner, steps)
        step = steps.get(value.get("object", ""))
        if step is not None:
            step(value)
    elif isinstance(value, list):
        for inner in value:
            _walk(inner, steps)
