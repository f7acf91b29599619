"""Series whose counter and documents disagree: a number was given and is nowhere, or is there twice as often."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import connection

MAX_GAPS = 1_000

# Numbers are unique, so as many documents as were counted means that none is missing.
_GAPS = """
WITH documents AS (
    SELECT merchant_id, regexp_replace(number, '-[0-9]+$', '') AS prefix FROM subscriptions_invoice
    WHERE number <> '' AND (%(merchant)s::uuid IS NULL OR merchant_id = %(merchant)s)
    UNION ALL
    SELECT merchant_id, regexp_replace(number, '-[0-9]+$', '') FROM subscriptions_creditnote
    WHERE %(merchant)s::uuid IS NULL OR merchant_id = %(merchant)s
), found AS (
    SELECT merchant_id, prefix, count(*) AS documents FROM documents GROUP BY 1, 2
)
SELECT s.merchant_id, s.id, s.prefix, s.last_number, coalesce(f.documents, 0)
FROM subscriptions_invoicenumberseries s
LEFT JOIN found f ON f.merchant_id = s.merchant_id AND f.prefix = s.prefix
WHERE s.last_number <> coalesce(f.documents, 0) AND (%(merchant)s::uuid IS NULL OR s.merchant_id = %(merchant)s)
ORDER BY s.merchant_id, s.prefix LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Gap:
    """counted: the last number given. found: how many documents have a number of the series."""

    merchant_id: UUID
    series_id: UUID
    prefix: str
    counted: int
    found: int


def list_gaps(merchant_id: UUID | None = None, *, limit: int = MAX_GAPS) -> list[Gap]:
    """Of one merchant, or of every; reads all documents: for the nightly proof, not for pages."""
    with connection.cursor() as cursor:
        cursor.execute(_GAPS, {"merchant": merchant_id, "limit": limit})
        return [Gap(*row) for row in cursor.fetchall()]
