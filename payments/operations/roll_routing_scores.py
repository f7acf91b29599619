"""Count what became of attempts lately, by account and segment, for the scores of routing."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection

from foundation import clock
from foundation.transactions import owns_transaction
from payments.routing.scores import HORIZON_SECONDS

SPAN_SECONDS = 600
MOST_BEHIND = timedelta(hours=6)
"""After a longer pause the spans before it stay uncounted: the next ones say more."""
KEPT = timedelta(seconds=2 * HORIZON_SECONDS)

# Counted anew from the attempts as they are, so that a second count, a late commit or two workers change nothing. An
# authorization that was voided or expired since was one all the same; what ended before the issuer spoke was none.
_COUNT = """
INSERT INTO payments_routingscore AS score (
    id, merchant_id, psp_account_id, currency, brand, country, funding, span_at, tried, authorized, latency_ms
)
SELECT uuidv7(), merchant_id, psp_account_id, currency, brand, country, funding, span_at,
       count(*), count(*) FILTER (WHERE is_authorized), coalesce(sum(latency_ms), 0)
FROM (
    SELECT attempt.merchant_id, attempt.psp_account_id, attempt.currency, lower(method.brand) AS brand,
           upper(method.country) AS country, lower(method.funding) AS funding, attempt.latency_ms,
           date_bin(make_interval(secs => %(span)s), attempt.decided_at, '2000-01-01Z') AS span_at,
           attempt.status IN ('authorized', 'partially_captured', 'succeeded', 'returned')
           OR attempt.authorization_expires_at IS NOT NULL AS is_authorized, attempt.status
    FROM payments_paymentattempt AS attempt
    JOIN payments_paymentmethod AS method ON method.id = attempt.payment_method_id
    WHERE attempt.decided_at >= %(since)s
) AS decided
WHERE is_authorized OR status = 'declined'
GROUP BY merchant_id, psp_account_id, currency, brand, country, funding, span_at
ORDER BY merchant_id, span_at, psp_account_id, currency, brand, country, funding
ON CONFLICT (merchant_id, span_at, psp_account_id, currency, brand, country, funding) DO UPDATE
SET tried = excluded.tried, authorized = excluded.authorized, latency_ms = excluded.latency_ms
WHERE (score.tried, score.authorized, score.latency_ms)
      IS DISTINCT FROM (excluded.tried, excluded.authorized, excluded.latency_ms)
"""
_LAST = "SELECT max(span_at) FROM payments_routingscore"
_FORGET = "DELETE FROM payments_routingscore WHERE span_at < %s"


@owns_transaction
def roll_routing_scores() -> int:
    """Count the present span, the one before, and whatever was missed since the last count. Answers how many rows
    changed.

    Writes: scores; those beyond twice the horizon are deleted. Safe to repeat: the same attempts give the same counts.
    """
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(_LAST)
        cursor.execute(_COUNT, {"span": SPAN_SECONDS, "since": _since(cursor.fetchone()[0], now)})
        changed = int(cursor.rowcount)
        cursor.execute(_FORGET, [now - KEPT])
    return changed


def _since(last: datetime | None, now: datetime) -> datetime:
    span = timedelta(seconds=SPAN_SECONDS)
    # From the start of a span: half of one would be counted as if it were the whole.
    present = now - timedelta(seconds=now.timestamp() % SPAN_SECONDS)
    missed = last if last is not None else now - MOST_BEHIND
    earliest = max(min(missed, present - span), now - MOST_BEHIND)
    return earliest - timedelta(seconds=earliest.timestamp() % SPAN_SECONDS)
