"""What entries of some kinds moved, or of all others: for proofs that floors above make of their own entries."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet, Sum

from ledger.models import Posting


def sum_other_kinds(merchant_id: UUID, kinds: Collection[str]) -> dict[tuple[str, str], int]:
    """Debits less credits in minor units by (path, currency), of entries whose kind is not among `kinds`: what
    people adjusted and wrote off. Holds' memo accounts are left out. Reads all of the merchant's entries."""
    return _by_account(
        Posting.objects.for_merchant(merchant_id)
        .exclude(entry__kind__in=list(kinds))
        .filter(entry__hold=None)
    )


def sum_kinds(merchant_id: UUID, kinds: Collection[str]) -> dict[tuple[str, str], int]:
    """The same of entries whose kind is one of `kinds`."""
    return _by_account(Posting.objects.for_merchant(merchant_id).filter(entry__kind__in=list(kinds)))


def _by_account(postings: QuerySet[Posting]) -> dict[tuple[str, str], int]:
    rows = (
        postings.values("account__path", "account__currency")
        .annotate(net_minor=Sum("amount_minor"))
        .order_by()
    )
    return {(row["account__path"], row["account__currency"]): int(row["net_minor"]) for row in rows}
