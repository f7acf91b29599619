"""What the sources of entries are called outside: floors above say it once, from their AppConfig.ready.

The ledger knows no payment: a source is a kind and an id. Here stand only the prefix of its public id and the name of
its page in the back office, so that an entry leads to what caused it.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from foundation.ids import PublicIdInvalid, decode_id, encode_id


@dataclass(frozen=True, slots=True)
class SourceKind:
    """prefix: of the public id ("pi"). page: name of the admin's URL, with the id as its argument."""

    kind: str
    prefix: str
    page: str


_kinds: dict[str, SourceKind] = {}


def register_source(kind: str, *, prefix: str, page: str) -> None:
    """Say what a source_kind is called. A kind is told once."""
    told = SourceKind(kind, prefix, page)
    if _kinds.setdefault(kind, told) != told:
        raise ValueError(f"Two sources of entries are called {kind}.")


def public_source(kind: str, source_id: UUID | None) -> str | None:
    """The public id of an entry's source; the bare UUID when nobody said what it is called."""
    if source_id is None:
        return None
    known = _kinds.get(kind)
    return encode_id(known.prefix, source_id) if known else str(source_id)


def page_of(kind: str) -> str | None:
    """The name of the page of a source, for reverse()."""
    known = _kinds.get(kind)
    return known.page if known else None


def find_source(public_id: str) -> tuple[str, UUID] | None:
    """(kind, id) that a public id names; None when it is no source's."""
    for known in _kinds.values():
        try:
            return known.kind, decode_id(known.prefix, public_id)
        except PublicIdInvalid:
            continue
    return None
