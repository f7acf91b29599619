"""The rates that entries kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from ledger.models import Exchange


def exchanges_of_entries(merchant_id: UUID, entry_ids: Iterable[UUID]) -> dict[UUID, list[Exchange]]:
    """By entry, in order; entries of one currency are left out. One query."""
    found: dict[UUID, list[Exchange]] = defaultdict(list)
    rows = Exchange.objects.for_merchant(merchant_id).filter(entry_id__in=list(entry_ids))
    for exchange in rows.order_by("entry_id", "number"):
        found[exchange.entry_id].append(exchange)
    return dict(found)
