"""A seal as it is signed, and what proves a chain of them. Free of Django: the offline verifier stands on it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from foundation.audit.signing import VerifyingKeys

NO_SEAL_BEFORE = "0" * 64


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it was sealed. kind: what happened, in one word of the runbook broken-seal.

    key: the row's primary key, where it is known.
    """

    kind: str
    said: str
    seal: int | None = None
    table: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class SealedPart:
    """One table's rows in one seal: of transactions from from_xid on, below the seal's upto_xid.

    columns: what the rows were rendered with; columns added to the table later are not of this seal. dated_by:
    the column that says when a row was written, if there is one. root: of the rows in the order of their key.
    """

    columns: list[str]
    dated_by: str | None
    from_xid: int
    rows: int
    root: str


@dataclass(frozen=True, slots=True)
class SealRecord:
    """A seal. sealed_at: ISO 8601 in UTC. previous_hash: hash of the seal before, zeros for the first."""

    number: int
    sealed_at: str
    upto_xid: int
    parts: Mapping[str, SealedPart]
    previous_hash: str
    hash: str
    key_id: str
    signature: str

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> SealRecord:
        parts = {table: SealedPart(**part) for table, part in fields["parts"].items()}
        return cls(
            **{name: fields[name] for name in cls.__dataclass_fields__ if name != "parts"}, parts=parts
        )

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def rows(self) -> int:
        return sum(part.rows for part in self.parts.values())


def seal_content(
    *, number: int, sealed_at: str, upto_xid: int, parts: Mapping[str, SealedPart], previous_hash: str
) -> bytes:
    """The bytes that are hashed and signed: canonical JSON, the same from the row and from an export."""
    content = {
        "number": number,
        "sealed_at": sealed_at,
        "upto_xid": upto_xid,
        "parts": {table: asdict(part) for table, part in parts.items()},
        "previous_hash": previous_hash,
    }
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()


def content_hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def check_seal(seal: SealRecord, previous: SealRecord | None, keys: VerifyingKeys) -> Iterator[Finding]:
    """What is wrong with a seal by itself and as the successor of the one before it (None: it is the first)."""
    content = seal_content(
        number=seal.number,
        sealed_at=seal.sealed_at,
        upto_xid=seal.upto_xid,
        parts=seal.parts,
        previous_hash=seal.previous_hash,
    )
    if content_hash(content) != seal.hash:
        yield Finding("seal_changed", f"Seal {seal.number} is not what its hash says.", seal.number)
    elif not keys.approves(seal.key_id, seal.signature, content):
        yield Finding(
            "signature_wrong", f"Seal {seal.number} is not signed by key {seal.key_id}.", seal.number
        )
    yield from _check_link(seal, previous)


def _check_link(seal: SealRecord, previous: SealRecord | None) -> Iterator[Finding]:
    expected = previous.number + 1 if previous else 1
    if seal.number != expected:
        span = f"Seal {expected}" if seal.number == expected + 1 else f"Seals {expected} to {seal.number - 1}"
        yield Finding("seal_missing", f"{span} missing before seal {seal.number}.", expected)
        return
    if seal.previous_hash != (previous.hash if previous else NO_SEAL_BEFORE):
        yield Finding(
            "chain_broken", f"Seal {seal.number} does not join seal {seal.number - 1}.", seal.number
        )
    for table, part in seal.parts.items():
        begins = previous.upto_xid if previous and table in previous.parts else 0
        if part.from_xid != begins:
            yield Finding(
                "chain_broken",
                f"Seal {seal.number} begins at transaction {part.from_xid} of {table}, not at {begins}.",
                seal.number,
                table,
            )
    for table in (previous.parts if previous else {}).keys() - seal.parts.keys():
        yield Finding("chain_broken", f"Seal {seal.number} leaves out {table}.", seal.number, table)
