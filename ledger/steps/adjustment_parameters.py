"""What an adjustment's approval is bound to: its lines, date, reason and the entry it reverses, as one hash."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from foundation.money import Money
from ledger.errors import AdjustmentAccountRefused
from ledger.models import ManualAdjustment
from ledger.paths import FX_PREFIX, rule_of
from ledger.steps.lines import Line, refuse_unless_whole


def refuse_unless_adjustable(lines: Sequence[Line]) -> None:
    """Raises EntryMalformed, AccountPathInvalid, AdjustmentAccountRefused."""
    refuse_unless_whole(lines, "of the adjustment")
    for line in lines:
        if rule_of(line.path).type == "memo" or line.path.startswith(f"{FX_PREFIX}/"):
            raise AdjustmentAccountRefused(f"{line.path} is not adjusted by hand.")


def stored_lines(lines: Sequence[Line]) -> list[dict[str, Any]]:
    return [
        {"path": line.path, "currency": line.amount.currency, "amount_minor": line.amount.amount_minor}
        for line in lines
    ]


def lines_of(adjustment: ManualAdjustment) -> list[Line]:
    return [Line(line["path"], Money(line["amount_minor"], line["currency"])) for line in adjustment.lines]


def parameters_hash(
    merchant_id: UUID, lines: Sequence[Line], effective_at: datetime, reason: str, reverses: UUID | None
) -> str:
    """SHA-256 in hex over everything that is approved."""
    told = {
        "merchant": str(merchant_id),
        "lines": stored_lines(lines),
        "effective_at": effective_at.astimezone(UTC).isoformat(),
        "reason": reason,
        "reverses": str(reverses or ""),
    }
    return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def hash_of(adjustment: ManualAdjustment) -> str:
    """The hash of the row as it stands, computed anew."""
    return parameters_hash(
        adjustment.merchant_id,
        lines_of(adjustment),
        adjustment.effective_at,
        adjustment.reason,
        adjustment.reverses_id,
    )
