"""The register of what the vault's keys protect: columns under data keys, and secrets right under a key-encryption key.

Every app registers its own in AppConfig.ready; rotation, its report and the retirement of keys go by this list. A test
holds it together with the models: a column that is forgotten here would be lost with its key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column that encrypt_field fills. bound_as: the column name it was bound to, where that is another one."""

    table: str
    column: str
    bound_as: str = ""
    is_binary: bool = False

    @property
    def name(self) -> str:
        return f"{self.table}.{self.column}"


@dataclass(frozen=True, slots=True)
class Moved:
    """What one batch came to. cursor: where the next one goes on; None: there is no next one."""

    cursor: list[str | int] | None = None
    done: Mapping[str, int] = field(default_factory=dict)
    unreadable: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DirectSecrets:
    """Secrets that no data key stands before. count: how many under each key id; "" for those that no key opens.

    move: the next so many, behind the cursor, come under the newest key, in the caller's transaction.
    """

    name: str
    count: Callable[[], Mapping[str, int]]
    move: Callable[[list[str | int] | None, int], Moved]


_columns: dict[str, SealedColumn] = {}
_direct: dict[str, DirectSecrets] = {}


def register_sealed_column(column: SealedColumn) -> None:
    _columns[column.name] = column


def register_direct_secrets(secrets: DirectSecrets) -> None:
    _direct[secrets.name] = secrets


def sealed_columns() -> list[SealedColumn]:
    """By name: the order in which rotation takes them."""
    return [_columns[name] for name in sorted(_columns)]


def direct_secrets() -> list[DirectSecrets]:
    return [_direct[name] for name in sorted(_direct)]
