"""What each PSP account, source and currency comes to at an instant. Runs after matching, on what it left.

Sums of lines and of breaks, and what is on its way: entries that no statement needs to know yet, and pairs of
which one side had not happened by then.
"""

from __future__ import annotations

LINES = """
SELECT l.source, l.psp_account, l.currency, sum(l.net_minor)::bigint,
       coalesce(sum(l.net_minor) FILTER (WHERE m.line_id IS NOT NULL), 0)::bigint
FROM ledger_statementline l
LEFT JOIN (SELECT DISTINCT line_id FROM ledger_reconciliationmatch WHERE merchant_id = %(merchant)s) AS m
    ON m.line_id = l.id
WHERE l.merchant_id = %(merchant)s AND l.occurred_at <= %(as_of)s
GROUP BY l.source, l.psp_account, l.currency
"""

# Each side of a break counts where and when it stands: what the PSP says in its currency, what we say in ours. What
# was written off stands in the books of a PSP by now, and no longer differs.
BREAKS = """
WITH counted AS (
    SELECT b.source, b.psp_account, b.line_currency, b.currency, b.status, l.occurred_at AS line_at,
           e.effective_at AS entry_at, w.effective_at AS written_off_at, b.psp_minor, b.book_minor, b.amount_minor
    FROM ledger_reconciliationbreak b
    LEFT JOIN ledger_statementline l ON l.id = b.line_id
    LEFT JOIN ledger_journalentry e ON e.id = b.entry_id
    LEFT JOIN ledger_journalentry w ON w.id = b.write_off_entry_id
    WHERE b.merchant_id = %(merchant)s AND b.kind <> 'late'
        AND (b.status = 'written_off' OR b.resolved_at IS NULL)
)
SELECT source, psp_account, currency, sum(minor)::bigint
FROM (
    SELECT source, psp_account, line_currency AS currency, psp_minor AS minor
    FROM counted WHERE line_at <= %(as_of)s
    UNION ALL
    SELECT source, psp_account, currency, -book_minor FROM counted WHERE entry_at <= %(as_of)s
    UNION ALL
    SELECT source, psp_account, currency, -amount_minor
    FROM counted WHERE source = 'psp' AND written_off_at <= %(as_of)s
) AS parts
GROUP BY source, psp_account, currency
"""

# Nested loops again: these sets are small for a recent day, and reading the whole table would not be.
ON_ITS_WAY = """
WITH seeds AS (
    SELECT m.source, m.line_id, m.entry_id
    FROM ledger_statementline l JOIN ledger_reconciliationmatch m ON m.line_id = l.id
    WHERE l.merchant_id = %(merchant)s AND l.occurred_at > %(as_of)s
    UNION
    SELECT m.source, m.line_id, m.entry_id
    FROM ledger_journalentry e JOIN ledger_reconciliationmatch m ON m.entry_id = e.id
    WHERE e.merchant_id = %(merchant)s AND e.effective_at > %(as_of)s
),
pairs AS (
    SELECT m.source, m.line_id, m.entry_id
    FROM ledger_reconciliationmatch m JOIN seeds s ON s.line_id = m.line_id
    UNION
    SELECT m.source, m.line_id, m.entry_id
    FROM ledger_reconciliationmatch m JOIN seeds s ON s.entry_id = m.entry_id AND s.source = m.source
),
lines AS (
    SELECT l.source, l.psp_account, l.currency, -l.net_minor AS minor
    FROM ledger_statementline l
    WHERE l.id IN (SELECT line_id FROM pairs) AND l.occurred_at <= %(as_of)s
),
entries AS (
    SELECT n.source, n.psp_account, a.currency, sum(p.amount_minor)::bigint AS minor
    FROM (
        SELECT DISTINCT p.source, l.psp_account, p.entry_id
        FROM pairs p JOIN ledger_statementline l ON l.id = p.line_id
    ) AS n
    JOIN ledger_journalentry e ON e.id = n.entry_id AND e.effective_at <= %(as_of)s
    JOIN ledger_posting p ON p.entry_id = n.entry_id
    JOIN compared_accounts a ON a.account_id = p.account_id AND a.source = n.source
    WHERE a.source = 'psp' OR p.amount_minor > 0
    GROUP BY n.source, n.psp_account, a.currency, n.entry_id
),
unmatched AS (
    SELECT source, psp_account, currency, net AS minor
    FROM rest_items i
    WHERE i.at <= %(as_of)s
        AND NOT EXISTS (SELECT 1 FROM found_breaks f WHERE f.entry_id = i.entry_id AND f.source = i.source)
)
SELECT source, psp_account, currency, sum(minor)::bigint
FROM (SELECT * FROM lines UNION ALL SELECT * FROM entries UNION ALL SELECT * FROM unmatched) AS parts
GROUP BY source, psp_account, currency
"""

# What was sent to the bank by then. A PSP's book is the balance of its clearing account, which the ledger knows.
SENT = """
SELECT c.psp_account, b.currency, sum(p.amount_minor)::bigint
FROM compared_accounts b
JOIN ledger_posting p ON p.account_id = b.account_id AND p.amount_minor > 0
JOIN ledger_journalentry e ON e.id = p.entry_id AND e.effective_at <= %(as_of)s
JOIN entry_kinds k ON k.kind = e.kind AND k.movement = 'payout'
JOIN LATERAL (
    SELECT DISTINCT a.psp_account
    FROM ledger_posting o JOIN compared_accounts a ON a.account_id = o.account_id AND a.source = 'psp'
    WHERE o.entry_id = e.id
) AS c ON true
WHERE b.source = 'bank'
GROUP BY c.psp_account, b.currency
"""

# A bank's own sums: opening plus its lines is its closing, or a line of the file was lost.
STATED_GAPS = """
SELECT s.source, s.psp_account, stated.key,
       sum((stated.value ->> 'closing_minor')::bigint - (stated.value ->> 'opening_minor')::bigint
           - coalesce(l.total, 0))::bigint
FROM ledger_statement s
CROSS JOIN LATERAL jsonb_each(s.stated_balances) AS stated
LEFT JOIN LATERAL (
    SELECT sum(net_minor) AS total FROM ledger_statementline l
    WHERE l.statement_id = s.id AND l.merchant_id = s.merchant_id AND l.currency = stated.key
) AS l ON true
WHERE s.merchant_id = %(merchant)s AND s.lines_known = 0 AND s.covers_until_at <= %(as_of)s
    AND stated.value ? 'opening_minor' AND stated.value ? 'closing_minor'
GROUP BY s.source, s.psp_account, stated.key
"""
