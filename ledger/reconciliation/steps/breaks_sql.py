"""What no rule matched becomes a break of a kind. Reads rest_lines, rest_items; writes found_breaks, found_entries."""

from __future__ import annotations

# Per reference and movement, the first unmatched line beside all unmatched entries: one difference, and not a line
# too many and an entry too many. The same currency and amount are preferred.
DIFFERENCES = """
WITH items AS (
    SELECT source, psp_account, movement, reference, currency, sum(gross)::bigint AS gross,
           sum(fee)::bigint AS fee, sum(net)::bigint AS net, count(*) AS entries,
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
            WHEN movement IN ('charge', 'dispute') AND line_gross = gross THEN 'fee_differs'
            ELSE 'amount_differs' END,
       source, psp_account, line_id, entry_id, reference, currency, line_currency, line_net, net, at, entries
FROM pairs
"""

TAKE_OUT_DIFFERENCES = """
INSERT INTO found_entries
SELECT i.source, i.psp_account, b.entry_id, i.entry_id, i.currency, i.net
FROM found_breaks b
JOIN rest_items main ON main.entry_id = b.entry_id AND main.source = b.source AND main.currency = b.currency
    AND main.psp_account = b.psp_account
JOIN rest_items i ON (i.source, i.psp_account, i.movement, i.reference, i.currency)
    = (main.source, main.psp_account, main.movement, main.reference, main.currency);
DELETE FROM rest_items i USING found_entries f
WHERE f.entry_id = i.entry_id AND f.source = i.source AND f.currency = i.currency
    AND f.psp_account = i.psp_account;
DELETE FROM rest_lines WHERE line_id IN (SELECT line_id FROM found_breaks)
"""

# Lines that share what they say with a line that is left: the first of them, and whether one of them is matched or in
# a break of its own.
TWINS = """
CREATE TEMPORARY TABLE twins ON COMMIT DROP AS
SELECT l.source, l.psp_account, l.kind, l.reference, l.currency, l.net_minor, min(l.id) AS first_id,
       bool_or(r.line_id IS NULL) AS is_answered
FROM ledger_statementline l
LEFT JOIN rest_lines r ON r.line_id = l.id
WHERE l.merchant_id = %(merchant)s AND l.reference <> ''
    AND l.reference IN (SELECT reference FROM rest_lines)
GROUP BY l.source, l.psp_account, l.kind, l.reference, l.currency, l.net_minor
"""

# A line like an earlier one of its reference, which the books know only once (or not at all, and then the first
# of them is what is missing).
LINES_LEFT = """
INSERT INTO found_breaks
SELECT CASE WHEN NOT (r.currency = ANY (%(currencies)s)) THEN 'unknown_currency'
            WHEN r.occurrence > 1 OR t.is_answered OR t.first_id < r.line_id THEN 'duplicate'
            ELSE 'missing_at_us' END,
       r.source, r.psp_account, r.line_id, NULL, r.reference, r.currency, r.currency, r.net, NULL, r.at, 0
FROM rest_lines r
LEFT JOIN twins t ON (t.source, t.psp_account, t.kind, t.reference, t.currency, t.net_minor)
    = (r.source, r.psp_account, r.movement, r.reference, r.currency, r.net)
"""

# A payout is due at the bank on the day that the PSP's own line expects it there.
EXPECTED_AT_BANK = """
CREATE TEMPORARY TABLE expected_at_bank ON COMMIT DROP AS
SELECT m.entry_id, max(l.available_at) AS at
FROM rest_items i
JOIN ledger_reconciliationmatch m ON m.entry_id = i.entry_id AND m.source = 'psp'
JOIN ledger_statementline l ON l.id = m.line_id
WHERE i.source = 'bank'
GROUP BY m.entry_id
"""

# Due is what a statement covers.
ITEMS_LEFT = """
WITH covered AS (
    SELECT s.source, s.psp_account, f.of_payouts, max(s.covers_until_at) AS until_at
    FROM ledger_statement s
    JOIN unnest(%(formats)s::text[], %(of_payouts)s::boolean[]) AS f (format, of_payouts) ON f.format = s.format
    WHERE s.merchant_id = %(merchant)s
    GROUP BY s.source, s.psp_account, f.of_payouts
)
INSERT INTO found_breaks
SELECT 'missing_at_psp', i.source, i.psp_account, NULL, i.entry_id, i.reference, i.currency, '', NULL, i.net,
       i.at, 1
FROM rest_items i
JOIN covered c ON c.source = i.source AND c.psp_account = i.psp_account
    AND c.of_payouts = (i.movement = 'payout')
LEFT JOIN expected_at_bank e ON e.entry_id = i.entry_id AND i.source = 'bank'
WHERE i.movement <> 'reversed'
    AND c.until_at >= CASE i.source WHEN 'psp' THEN i.at ELSE coalesce(e.at, i.at + %(transit)s::interval) END;
INSERT INTO found_entries
SELECT source, psp_account, entry_id, entry_id, currency, book_minor FROM found_breaks WHERE kind = 'missing_at_psp'
"""

# Matched, but long after it happened here. Looked for when the match is made; a person closes it. A PSP dates a
# payout by the day it is due at the bank, which weekends and holidays put off: late is what the bank says of it.
LATE = """
INSERT INTO found_breaks
SELECT DISTINCT ON (m.line_id) 'late', m.source, l.psp_account, m.line_id, m.entry_id, l.reference, l.currency,
       l.currency, l.net_minor, l.net_minor, l.occurred_at, 0
FROM new_matches m
JOIN ledger_statementline l ON l.id = m.line_id
JOIN ledger_journalentry e ON e.id = m.entry_id
WHERE (m.source = 'bank' OR l.kind <> 'payout') AND l.occurred_at
    > e.effective_at + CASE m.source WHEN 'psp' THEN %(psp_late)s ELSE %(bank_late)s END::interval
ORDER BY m.line_id, e.effective_at
"""

# The same difference: all that a break says, as texts that can be hashed.
_OF = "{0}.kind, {0}.source, {0}.line_id, {0}.entry_id, {0}.psp_minor, {0}.book_minor, {0}.entry_count"


def _same(one: str, other: str) -> str:
    return f"ROW({_OF.format(one)})::text = ROW({_OF.format(other)})::text"


# A difference that is found no more is resolved; what people decided about it stays written.
RESOLVE = f"""
UPDATE ledger_reconciliationbreak b SET resolved_at = %(now)s
WHERE b.merchant_id = %(merchant)s AND b.resolved_at IS NULL AND b.status <> 'written_off' AND b.kind <> 'late'
    AND NOT EXISTS (SELECT 1 FROM found_breaks f WHERE {_same("f", "b")})
"""  # noqa: S608  constants only

OPEN = f"""
WITH opened AS (
    INSERT INTO ledger_reconciliationbreak (
        id, merchant_id, kind, status, psp_account, source, line_id, entry_id, reference, currency,
        line_currency, psp_minor, book_minor, amount_minor, entry_count, occurred_at, opened_by_id, created_at,
        owner, explanation, write_off_reason, write_off_requested_by, write_off_decided_by
    )
    SELECT uuidv7(), %(merchant)s, f.kind, 'open', f.psp_account, f.source, f.line_id, f.entry_id, f.reference,
           f.currency, f.line_currency, f.psp_minor, f.book_minor,
           CASE WHEN f.line_currency IN (f.currency, '') THEN coalesce(f.psp_minor, 0) ELSE 0 END
               - coalesce(f.book_minor, 0),
           f.entry_count, f.at, %(run)s, %(now)s, '', '', '', '', ''
    FROM found_breaks f
    WHERE NOT EXISTS (
        SELECT 1 FROM ledger_reconciliationbreak b
        WHERE b.merchant_id = %(merchant)s AND b.resolved_at IS NULL AND b.status <> 'written_off'
            AND {_same("f", "b")}
    )
    RETURNING id, source, psp_account, entry_id, kind, currency
),
named AS (
    INSERT INTO ledger_breakentry (merchant_id, broken_id, entry_id, currency, net_minor)
    SELECT %(merchant)s, o.id, f.entry_id, f.currency, f.net
    FROM opened o
    JOIN found_entries f ON f.main_id = o.entry_id AND f.source = o.source AND f.currency = o.currency
        AND f.psp_account = o.psp_account
    WHERE o.kind <> 'late'
)
SELECT count(*) FROM opened
"""  # noqa: S608  constants only
