"""Differences planted at random in what a PSP reports, and what each has to become."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from tests.ledger.books import NOON
from tests.ledger.reconciliation.settlements import Reported

KINDS = (
    "missing_at_psp",
    "missing_at_us",
    "amount_differs",
    "fee_differs",
    "duplicate",
    "unknown_currency",
    "late",
)


def major(minor: int) -> str:
    sign = "-" if minor < 0 else ""
    return f"{sign}{abs(minor) // 100}.{abs(minor) % 100:02d}"


def row_of(number: int, gross: int, fee: int) -> Reported:
    return Reported(f"txn_{number}", f"ch_{number}", major(gross), major(fee), major(gross - fee))


def plant(
    amounts: list[tuple[int, int]], *, every: int, seed: int
) -> tuple[list[Reported], list[tuple[str, str]]]:
    """amounts: (gross, fee) of charge ch_<index>. Rows of a report with one difference in `every` rows, and the
    (kind, reference) of each, sorted."""
    random = Random(seed)
    rows: list[Reported] = []
    planted: list[tuple[str, str]] = []
    for number, (gross, fee) in enumerate(amounts):
        told = [row_of(number, gross, fee)]
        if number % every == every - 1:
            kind = KINDS[len(planted) % len(KINDS)]
            told, reference = _with(kind, told[0], number, gross, fee, random)
            planted.append((kind, reference))
        rows += told
    random.shuffle(rows)
    return rows, sorted(planted)


def _with(
    kind: str, row: Reported, number: int, gross: int, fee: int, random: Random
) -> tuple[list[Reported], str]:
    off = random.randint(1, 99)
    match kind:
        case "missing_at_psp":
            return [], row.source
        case "missing_at_us":
            extra = row_of(number, gross, fee).but(txn=f"txn_x{number}", source=f"ch_x{number}")
            return [row, extra], extra.source
        case "amount_differs":
            return [row.but(gross=major(gross + off), net=major(gross + off - fee))], row.source
        case "fee_differs":
            return [row.but(fee=major(fee + off), net=major(gross - fee - off))], row.source
        case "duplicate":
            return [row, row.but(txn=f"txn_d{number}")], row.source
        case "unknown_currency":
            return [row.but(currency=random.choice(["xts", "zzz"]))], row.source
        case _:
            return [row.but(at=NOON + timedelta(days=random.randint(4, 30)))], row.source
