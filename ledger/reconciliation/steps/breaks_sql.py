"""What no rule matched becomes a break of a kind. Reads rest_lines and rest_items, writes found_breaks."""

from __future__ import annotations

# Per reference and movement, the first unmatched line beside all unmatched entries: one difference, and not a line
# too many and an entry too many. The same currency and amount are preferred.
DIFFERENCES = """
WITH items AS (
    SELECT source, psp_account, movement, reference, currency, sum(gross)::bigint AS gross,
           sum(fee)::bigint AS fee, sum(net)::bigint AS net,
           (array_agg(entry_id ORDER BY abs(gross) DESC, entry_id))[1] AS entry_id,
           row_number() OVER (PARTITION BY source, psp_account, movement, reference ORDER BY min(at)) AS place
    FROM rest_items WHERE reference <> '' AND movement <> 'reversed'
    GROUP BY source, psp_account, movement, reference, currency
),
pairs AS (
    SELECT DISTINCT ON (i.source, i.psp_account, i.movement, i.reference, i.currency)
           i.*, l.line_id, l.currency AS line_currency, l.gross AS line_gross, l.fee AS line_fee,
           l.net AS line_net, l.at
    FROM items i JOIN rest_lines l USING (source, psp_account, movement, reference)
    WHERE i.place = 1
    ORDER BY i.source, i.psp_account, i.movement, i.reference, i.currency, l.currency <> i.currency,
        abs(l.net - i.net), l.line_id
)
INSERT INTO found_breaks
SELECT CASE WHEN line_currency <> currency THEN 'unknown_currency'
            WHEN movement = 'charge' AND line_gross = gross THEN 'fee_differs'
            ELSE 'amount_differs' END,
       source, psp_account, line_id, entry_id, reference, currency, line_currency, line_net, net, at
FROM pairs
"""

TAKE_OUT_DIFFERENCES = """
DELETE FROM rest_items i USING found_breaks b, rest_items main
WHERE b.entry_id = main.entry_id AND b.source = main.source AND i.source = main.source
    AND (i.psp_account, i.movement, i.reference, i.currency)
        = (main.psp_account, main.movement, main.reference, main.currency);
DELETE FROM rest_lines WHERE line_id IN (SELECT line_id FROM found_breaks)
"""

# A line like an earlier one of its reference, which the books know only once (or not at all, and then the first
# of them is what is missing).
LINES_LEFT = """
INSERT INTO found_breaks
SELECT CASE WHEN NOT (r.currency = ANY (%(currencies)s)) THEN 'unknown_currency'
            WHEN r.occurrence > 1 OR EXISTS (
                SELECT 1 FROM twins t
                WHERE (t.source, t.psp_account, t.kind, t.reference, t.currency)
                    = (r.source, r.psp_account, r.movement, r.reference, r.currency)
                    AND t.net_minor = r.net AND t.id <> r.line_id
                    AND (t.id < r.line_id OR t.id NOT IN (SELECT line_id FROM rest_lines))
            ) THEN 'duplicate'
            ELSE 'missing_at_us' END,
       r.source, r.psp_account, r.line_id, NULL, r.reference, r.currency, r.currency, r.net, NULL, r.at
FROM rest_lines r
"""

# Lines that share a reference with a line that is left; a table of its own, since `twins` is asked once per line.
TWINS = """
DROP TABLE IF EXISTS pg_temp.twins;
CREATE TEMPORARY TABLE twins ON COMMIT DROP AS
SELECT l.id, l.source, l.psp_account, l.kind, l.reference, l.currency, l.net_minor
FROM ledger_statementline l
WHERE l.merchant_id = %(merchant)s AND l.reference <> ''
    AND l.reference IN (SELECT reference FROM rest_lines)
"""

# Due is what a statement covers; a payout is due at the bank on the day that the PSP's own line expects it there.
ITEMS_LEFT = """
WITH covered AS (
    SELECT s.source, s.psp_account, f.of_payouts, max(s.covers_until_at) AS until_at
    FROM ledger_statement s
    JOIN unnest(%(formats)s::text[], %(of_payouts)s::boolean[]) AS f (format, of_payouts) ON f.format = s.format
    WHERE s.merchant_id = %(merchant)s
    GROUP BY s.source, s.psp_account, f.of_payouts
),
expected AS (
    SELECT m.entry_id, max(l.available_at) AS at
    FROM rest_items i
    JOIN ledger_reconciliationmatch m ON m.entry_id = i.entry_id AND m.source = 'psp'
    JOIN ledger_statementline l ON l.id = m.line_id
    WHERE i.source = 'bank'
    GROUP BY m.entry_id
)
INSERT INTO found_breaks
SELECT 'missing_at_psp', i.source, i.psp_account, NULL, i.entry_id, i.reference, i.currency, '', NULL, i.net, i.at
FROM rest_items i
JOIN covered c ON c.source = i.source AND c.psp_account = i.psp_account
    AND c.of_payouts = (i.movement = 'payout')
LEFT JOIN expected e ON e.entry_id = i.entry_id AND i.source = 'bank'
WHERE i.movement <> 'reversed'
    AND c.until_at >= CASE i.source WHEN 'psp' THEN i.at ELSE coalesce(e.at, i.at + %(transit)s::interval) END
"""

# Matched, but long after it happened here. Looked for when the match is made; a person closes it.
LATE = """
INSERT INTO found_breaks
SELECT 'late', m.source, l.psp_account, m.line_id, m.entry_id, l.reference, l.currency, l.currency, l.net_minor,
       l.net_minor, l.occurred_at
FROM new_matches m
JOIN ledger_statementline l ON l.id = m.line_id
JOIN ledger_journalentry e ON e.id = m.entry_id
WHERE l.occurred_at
    > e.effective_at + CASE m.source WHEN 'psp' THEN %(psp_late)s ELSE %(bank_late)s END::interval
"""

# A difference that is found no more is resolved; what people decided about it stays written.
RESOLVE = """
UPDATE ledger_reconciliationbreak b SET resolved_at = %(now)s
WHERE b.merchant_id = %(merchant)s AND b.resolved_at IS NULL AND b.status <> 'written_off' AND b.kind <> 'late'
    AND NOT EXISTS (
        SELECT 1 FROM found_breaks f
        WHERE f.kind = b.kind AND f.source = b.source AND f.line_id IS NOT DISTINCT FROM b.line_id
            AND f.entry_id IS NOT DISTINCT FROM b.entry_id
            AND f.psp_minor IS NOT DISTINCT FROM b.psp_minor
            AND f.book_minor IS NOT DISTINCT FROM b.book_minor
    )
"""

OPEN = """
INSERT INTO ledger_reconciliationbreak (
    id, merchant_id, kind, status, psp_account, source, line_id, entry_id, reference, currency, line_currency,
    psp_minor, book_minor, amount_minor, occurred_at, opened_by_id, created_at, owner, explanation,
    write_off_reason, write_off_requested_by, write_off_decided_by
)
SELECT uuidv7(), %(merchant)s, f.kind, 'open', f.psp_account, f.source, f.line_id, f.entry_id, f.reference,
       f.currency, f.line_currency, f.psp_minor, f.book_minor,
       CASE WHEN f.line_currency IN (f.currency, '') THEN coalesce(f.psp_minor, 0) ELSE 0 END
           - coalesce(f.book_minor, 0),
       f.at, %(run)s, %(now)s, '', '', '', '', ''
FROM found_breaks f
WHERE NOT EXISTS (
    SELECT 1 FROM ledger_reconciliationbreak b
    WHERE b.merchant_id = %(merchant)s AND b.resolved_at IS NULL AND b.status <> 'written_off'
        AND f.kind = b.kind AND f.source = b.source AND f.line_id IS NOT DISTINCT FROM b.line_id
        AND f.entry_id IS NOT DISTINCT FROM b.entry_id
)
RETURNING id
"""
