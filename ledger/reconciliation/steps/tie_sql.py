"""What each PSP account, source and currency comes to at an instant. Runs after matching, on what it left.

Lines since the run before, breaks as they stood, and what is on its way: entries that no statement needs to know
yet, and pairs of which one side had not happened by then.
"""

from __future__ import annotations

from ledger.reconciliation.steps.compare_sql import ENDED

# What came since the run that this one follows: lines of later instants, and lines that were imported later.
_SINCE = """
SELECT l.id, l.source, l.psp_account, l.currency, l.net_minor
FROM ledger_statementline l
WHERE l.merchant_id = %(merchant)s AND l.occurred_at <= %(as_of)s AND l.id > %(lines_after)s
UNION ALL
SELECT l.id, l.source, l.psp_account, l.currency, l.net_minor
FROM ledger_statementline l
WHERE l.merchant_id = %(merchant)s AND l.occurred_at > %(since)s AND l.occurred_at <= %(as_of)s
    AND l.id <= %(lines_after)s
"""

# Matched is what is not among the few that are not; in breaks is what some break speaks of. Together they are all
# lines, or one was lost.
LINES = f"""
WITH unmatched AS (SELECT line_id FROM unmatched_lines UNION ALL SELECT line_id FROM ended_lines),
broken AS (
    SELECT DISTINCT b.line_id FROM ledger_reconciliationbreak b
    WHERE b.merchant_id = %(merchant)s AND b.line_id IS NOT NULL AND b.kind <> 'late'
        AND (b.resolved_at IS NULL OR {ENDED})
)
SELECT l.source, l.psp_account, l.currency, sum(l.net_minor)::bigint,
       coalesce(sum(l.net_minor) FILTER (WHERE u.line_id IS NULL), 0)::bigint,
       coalesce(sum(l.net_minor) FILTER (WHERE b.line_id IS NOT NULL), 0)::bigint
FROM ({_SINCE}) AS l
LEFT JOIN unmatched u ON u.line_id = l.id
LEFT JOIN broken b ON b.line_id = l.id
GROUP BY l.source, l.psp_account, l.currency
"""  # noqa: S608  constants only

# Each side of a break counts where and when it stands: what the PSP says in its currency, each of our entries in ours.
# What was written off stands in the books by now, and no longer differs.
BREAKS = f"""
WITH counted AS (
    SELECT b.id, b.source, b.psp_account, b.line_currency, b.currency, b.line_id, b.psp_minor, b.amount_minor,
           b.write_off_entry_id
    FROM ledger_reconciliationbreak b
    WHERE b.merchant_id = %(merchant)s AND b.kind <> 'late' AND (b.resolved_at IS NULL OR {ENDED})
)
SELECT source, psp_account, currency, sum(minor)::bigint
FROM (
    SELECT c.source, c.psp_account, c.line_currency AS currency, c.psp_minor AS minor
    FROM counted c JOIN ledger_statementline l ON l.id = c.line_id AND l.occurred_at <= %(as_of)s
    UNION ALL
    SELECT c.source, c.psp_account, n.currency, -n.net_minor
    FROM counted c
    JOIN ledger_breakentry n ON n.broken_id = c.id
    JOIN ledger_journalentry e ON e.id = n.entry_id AND e.effective_at <= %(as_of)s
    UNION ALL
    SELECT c.source, c.psp_account, c.currency, -c.amount_minor
    FROM counted c JOIN ledger_journalentry w ON w.id = c.write_off_entry_id AND w.effective_at <= %(as_of)s
) AS parts
GROUP BY source, psp_account, currency
"""  # noqa: S608  constants only

# Written off at the bank: money that arrived and was never sent, or was sent and never arrived.
WRITTEN_OFF_AT_BANK = """
SELECT b.psp_account, b.currency, sum(b.amount_minor)::bigint
FROM ledger_reconciliationbreak b
JOIN ledger_journalentry w ON w.id = b.write_off_entry_id AND w.effective_at <= %(as_of)s
WHERE b.merchant_id = %(merchant)s AND b.status = 'written_off' AND b.source = 'bank'
GROUP BY b.psp_account, b.currency
"""

# These sets are small for a recent day, and reading the whole table would not be.
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
        AND (a.source = 'bank' OR a.psp_account = n.psp_account)
    GROUP BY n.source, n.psp_account, a.currency, n.entry_id
),
unmatched AS (
    SELECT source, psp_account, currency, net AS minor
    FROM rest_items i
    WHERE i.at <= %(as_of)s
        AND NOT EXISTS (
            SELECT 1 FROM found_entries f
            WHERE f.entry_id = i.entry_id AND f.source = i.source AND f.psp_account = i.psp_account
        )
)
SELECT source, psp_account, currency, sum(minor)::bigint
FROM (SELECT * FROM lines UNION ALL SELECT * FROM entries UNION ALL SELECT * FROM unmatched) AS parts
GROUP BY source, psp_account, currency
"""

# What was sent to the bank by then, less what came back. A PSP's book is the balance of its clearing account, which the
# ledger knows.
SENT = """
SELECT y.psp_account, b.currency, sum(p.amount_minor)::bigint
FROM sent_payouts y
JOIN ledger_posting p ON p.entry_id = y.entry_id
JOIN compared_accounts b ON b.account_id = p.account_id AND b.source = 'bank'
JOIN ledger_journalentry e ON e.id = y.entry_id AND e.effective_at <= %(as_of)s
GROUP BY y.psp_account, b.currency
"""

# A bank's own sums: the opening balance of its first statement and all lines since are the closing balance of its last,
# or a line or a file is missing. Lines of the time after the last statement (from notifications) are told apart.
STATED = """
WITH stated AS (
    SELECT s.id, s.source, s.psp_account, b.key AS currency, s.covers_from_at, s.covers_until_at,
           (b.value ->> 'opening_minor')::bigint AS opening, (b.value ->> 'closing_minor')::bigint AS closing
    FROM ledger_statement s CROSS JOIN LATERAL jsonb_each(s.stated_balances) AS b
    WHERE s.merchant_id = %(merchant)s AND s.covers_until_at <= %(as_of)s
        AND b.value ? 'opening_minor' AND b.value ? 'closing_minor'
),
ends AS (
    SELECT DISTINCT source, psp_account, currency,
           first_value(opening) OVER earliest AS opening, first_value(closing) OVER latest AS closing,
           first_value(covers_until_at) OVER latest AS until_at
    FROM stated
    WINDOW earliest AS (PARTITION BY source, psp_account, currency ORDER BY covers_from_at, id),
        latest AS (PARTITION BY source, psp_account, currency ORDER BY covers_until_at DESC, id DESC)
)
SELECT n.source, n.psp_account, n.currency, n.closing - n.opening, coalesce(l.total, 0)::bigint
FROM ends n
LEFT JOIN LATERAL (
    SELECT sum(net_minor) AS total FROM ledger_statementline l
    WHERE l.merchant_id = %(merchant)s AND l.source = n.source AND l.psp_account = n.psp_account
        AND l.currency = n.currency AND l.occurred_at >= n.until_at AND l.occurred_at <= %(as_of)s
) AS l ON true
"""
