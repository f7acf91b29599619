"""What disputes add up to, folded from their own rows: the other side of the proof against the ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Sum

from disputes.lifecycle import DISPUTE_FEES, MOVED, RECOUNTED
from disputes.models import Dispute, DisputeFundMovement, DisputeRecount
from ledger.queries.sums import sum_kinds
from ledger.queries.verify import Difference

CHECK = "disputes_fold_to_ledger"
CLEARING = "assets/psp_clearing"

Sums = dict[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class DisputeTotals:
    """Minor units of one currency: what the PSPs have of ours for disputes, and what they charged for them."""

    taken: int = 0
    fees: int = 0

    def __add__(self, other: DisputeTotals) -> DisputeTotals:
        return DisputeTotals(self.taken + other.taken, self.fees + other.fees)


def read_dispute_totals(*, merchant_id: UUID) -> dict[str, DisputeTotals]:
    """By currency, from the movements of every dispute."""
    return _totals(_of_rows(merchant_id))


def read_ledger_dispute_totals(*, merchant_id: UUID) -> tuple[dict[str, DisputeTotals], dict[str, int]]:
    """(totals, what disputes did to the PSP clearing accounts) by currency, from the ledger."""
    posted = _of_ledger(merchant_id)
    clearing = {currency: minor for (path, currency), minor in posted.items() if path == CLEARING}
    return _totals(posted), clearing


def _totals(sums: Sums) -> dict[str, DisputeTotals]:
    """Wherever the money stands: held back, lost, or counted as a refund."""
    taken: dict[str, int] = defaultdict(int)
    for (path, currency), minor in sums.items():
        taken[currency] += minor if path not in (CLEARING, DISPUTE_FEES) else 0
    return {
        currency: DisputeTotals(minor, sums.get((DISPUTE_FEES, currency), 0))
        for currency, minor in taken.items()
    }


def check_disputes_fold_to_ledger(merchant_id: UUID | None, limit: int) -> Iterator[Difference]:
    """For verify_books: movements, fees and recounts equal what disputes posted, by merchant, account and currency."""
    merchants = [merchant_id] if merchant_id else _merchants()
    found = (difference for merchant in merchants for difference in _differences(merchant))
    for _, difference in zip(range(limit), found, strict=False):
        yield difference


def _differences(merchant_id: UUID) -> Iterator[Difference]:
    expected, posted = _of_rows(merchant_id), _of_ledger(merchant_id)
    for path, currency in sorted({*expected, *posted}):
        ours, theirs = expected.get((path, currency), 0), posted.get((path, currency), 0)
        if ours != theirs:
            yield Difference(CHECK, merchant_id, f"{path} {currency}", str(ours), str(theirs))


def _of_rows(merchant_id: UUID) -> Sums:
    """Debits less credits in minor units."""
    sums: dict[tuple[str, str], int] = defaultdict(int)
    movements: Any = DisputeFundMovement.objects.for_merchant(merchant_id).order_by()
    for row in movements.values("account", "currency").annotate(
        amount=Sum("amount_minor"), fee=Sum("fee_minor")
    ):
        sums[row["account"], row["currency"]] -= row["amount"]
        sums[DISPUTE_FEES, row["currency"]] += row["fee"]
        sums[CLEARING, row["currency"]] += row["amount"] - row["fee"]
    recounts: Any = DisputeRecount.objects.for_merchant(merchant_id).order_by()
    for row in recounts.values("from_account", "to_account", "currency").annotate(amount=Sum("amount_minor")):
        sums[row["from_account"], row["currency"]] -= row["amount"]
        sums[row["to_account"], row["currency"]] += row["amount"]
    return sums


def _of_ledger(merchant_id: UUID) -> Sums:
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for (path, currency), minor in sum_kinds(merchant_id, (MOVED, RECOUNTED)).items():
        sums[CLEARING if path.startswith(f"{CLEARING}/") else path, currency] += minor
    return sums


def _merchants() -> list[UUID]:
    return list(Dispute.across_merchants.order_by().values_list("merchant_id", flat=True).distinct())
