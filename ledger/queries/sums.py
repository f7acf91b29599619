"""What entries of other kinds than the named ones moved: for proofs that floors above make of their own entries."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.models import Sum

from ledger.models import Posting


def sum_other_kinds(merchant_id: UUID, kinds: Collection[str]) -> dict[tuple[str, str], int]:
    """Debits less credits in minor units by (path, currency), of entries whose kind is not among `kinds`: what
    people adjusted and wrote off. Holds' memo accounts are left out. Reads all of the merchant's entries."""
    rows = (
        Posting.objects.for_merchant(merchant_id)
        .exclude(entry__kind__in=list(kinds))
        .filter(entry__hold__isnull=True)
        .values("account__path", "account__currency")
        .annotate(net_minor=Sum("amount_minor"))
        .order_by()
    )
    return {(row["account__path"], row["account__currency"]): int(row["net_minor"]) for row in rows}
