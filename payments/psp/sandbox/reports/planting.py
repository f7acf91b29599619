"""Differences planted into a report on request, and the list of what was planted.

The choice depends on the seed and on the lines alone: the same request over the same books plants the same.
"""

import hashlib
import math
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from ..books import Body
from ..ids import derived_text
from ..money_rules import fee_minor
from .lines import Line
from .wishes import Differences

UNKNOWN_CURRENCY = "xts"  # ISO 4217 keeps it for tests; no account is held in it
DAY = 24 * 3600
# A second booking of a refund cannot be told from a second refund, so only charges come twice.
_CHARGES_ONLY = frozenset({"duplicate", "fee_differs"})
_SOURCED = ("charge", "refund")


@dataclass(slots=True)
class Planting:
    """Goes over the lines of one report; `planted` is complete once they are all written."""

    differences: Differences
    chosen: dict[str, str] = field(default_factory=dict)
    planted: list[Body] = field(default_factory=list)

    def choose(self, candidates: Sequence[tuple[str, str]]) -> None:
        """`candidates` are (movement, kind of movement). Each chosen line gets one difference."""
        wanted = self.differences
        eligible = [(name, kind) for name, kind in candidates if kind in _SOURCED]
        if not wanted.rate or not eligible:
            return
        count = min(len(eligible), max(math.ceil(wanted.rate * len(eligible)), len(wanted.kinds)))
        queue = deque(wanted.kinds)
        for name, kind in sorted(eligible, key=lambda candidate: self.number(candidate[0])):
            if len(self.chosen) == count:
                return
            fitting = next((one for one in queue if kind == "charge" or one not in _CHARGES_ONLY), None)
            if fitting is not None:
                self.chosen[name] = fitting
                queue.remove(fitting)
                queue.append(fitting)

    def number(self, name: str, below: int = 2**64) -> int:
        """A number of its own for each line and seed."""
        digest = hashlib.sha256(f"{self.differences.seed}/{name}".encode()).digest()
        return int.from_bytes(digest[:8], "big") % below

    def over(self, lines: Iterator[Line]) -> Iterator[Line]:
        for line in lines:
            kind = self.chosen.get(line.transaction)
            if kind is None:
                yield line
                continue
            reported = self._spoil(line, kind)
            yield from reported
            self._note(line, kind, reported)

    def _spoil(self, line: Line, kind: str) -> list[Line]:
        """The lines that stand in the report instead of this one."""
        match kind:
            case "missing":
                return []
            case "extra":
                return [line, self._stranger(line)]
            case "duplicate":
                return [line, replace(line, transaction=self._id("txn_3", line))]
            case "unknown_currency":
                return [replace(line, currency=UNKNOWN_CURRENCY)]
            case "late":
                return [self._delayed(line)]
            case "fee_differs":
                delta = 1 + self.number(line.transaction, 20)
                return [replace(line, fee=line.fee + delta, net=line.net - delta)]
        # Away from zero, so that a refund stays a refund and a charge a charge.
        delta = (1 + self.number(line.transaction, 100)) * (1 if line.gross > 0 else -1)
        return [replace(line, gross=line.gross + delta, net=line.net + delta)]

    def _stranger(self, line: Line) -> Line:
        """A charge that nobody ever made."""
        gross = 1000 + self.number(line.transaction, 9000)
        fee = fee_minor(gross, line.currency)
        charge = self._id("ch_3", line)
        return replace(
            line,
            transaction=self._id("txn_3", line),
            kind="charge",
            category="charge",
            gross=gross,
            fee=fee,
            net=gross - fee,
            source=charge,
            charge=charge,
            payment_intent=self._id("pi_3", line),
            refund="",
            description="",
            metadata={},
            payment_metadata={},
            charge_body={},
        )

    def _delayed(self, line: Line) -> Line:
        seconds = self.differences.late_days * DAY
        return replace(line, created=line.created + seconds, available_on=line.available_on + seconds)

    def _id(self, prefix: str, line: Line) -> str:
        return f"{prefix}_{derived_text(f'{self.differences.seed}/{prefix}/{line.transaction}', 23)}"

    def _note(self, line: Line, kind: str, reported: list[Line]) -> None:
        """`booked` is the truth (nothing for a stranger), `reported` what the file says (nothing if left out)."""
        shown = reported[-1] if reported else None
        self.planted.append(
            {
                "kind": kind,
                "booked": None if kind == "extra" else facts(line),
                "reported": facts(shown) if shown else None,
            }
        )


def facts(line: Line) -> Body:
    return {
        "balance_transaction": line.transaction,
        "reporting_category": line.kind,
        "source": line.source,
        "charge": line.charge,
        "payout": line.payout,
        "created": line.created,
        "currency": line.currency,
        "gross_minor": line.gross,
        "fee_minor": line.fee,
        "net_minor": line.net,
    }
