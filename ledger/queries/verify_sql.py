"""The SQL of the ledger's own checks. Each row: merchant, subject, what the entries say, what stands.

Parameters: merchant (null: every merchant), limit.
"""

COUNTS = """
SELECT (SELECT count(*) FROM ledger_journalentry WHERE merchant_id = %(merchant)s OR %(merchant)s IS NULL),
       (SELECT count(*) FROM ledger_posting WHERE merchant_id = %(merchant)s OR %(merchant)s IS NULL)
"""

ENTRIES = """
SELECT e.merchant_id, 'entry ' || e.id, e.line_count || ' postings, each currency at 0',
       coalesce(p.lines, 0) || ' postings' || coalesce(', ' || p.unbalanced, '')
FROM ledger_journalentry e
LEFT JOIN (
    SELECT entry_id, sum(lines) AS lines,
           string_agg(currency || ' at ' || total, ', ' ORDER BY currency)
               FILTER (WHERE total <> 0) AS unbalanced
    FROM (
        SELECT entry_id, currency, count(*) AS lines, sum(amount_minor) AS total
        FROM ledger_posting WHERE merchant_id = %(merchant)s OR %(merchant)s IS NULL
        GROUP BY entry_id, currency
    ) AS by_currency
    GROUP BY entry_id
) AS p ON p.entry_id = e.id
WHERE (e.merchant_id = %(merchant)s OR %(merchant)s IS NULL)
    AND (p.lines IS DISTINCT FROM e.line_count OR p.lines < 2 OR p.unbalanced IS NOT NULL)
ORDER BY e.id LIMIT %(limit)s
"""

POSTINGS = """
SELECT p.merchant_id, 'posting ' || p.id, 'an entry and an account of its merchant and currency',
       'entry ' || p.entry_id || CASE WHEN e.id IS NULL THEN ' (does not fit)' ELSE '' END
       || ', account ' || p.account_id || CASE WHEN a.id IS NULL THEN ' (does not fit)' ELSE '' END
FROM ledger_posting p
LEFT JOIN ledger_journalentry e ON e.id = p.entry_id AND e.merchant_id = p.merchant_id
LEFT JOIN ledger_ledgeraccount a
    ON a.id = p.account_id AND a.merchant_id = p.merchant_id AND a.currency = p.currency
WHERE (p.merchant_id = %(merchant)s OR %(merchant)s IS NULL) AND (e.id IS NULL OR a.id IS NULL)
ORDER BY p.id LIMIT %(limit)s
"""

BALANCES = """
SELECT a.merchant_id, a.path || ' in ' || a.currency || ' (' || a.id || ')',
       'debits ' || coalesce(r.debits, 0) || ', credits ' || coalesce(r.credits, 0),
       'debits ' || b.debits || ', credits ' || b.credits
FROM ledger_ledgeraccount a
CROSS JOIN LATERAL ledger_balance(a.id) b
LEFT JOIN (
    SELECT account_id,
           coalesce(sum(amount_minor) FILTER (WHERE amount_minor > 0), 0) AS debits,
           coalesce(-sum(amount_minor) FILTER (WHERE amount_minor < 0), 0) AS credits
    FROM ledger_posting WHERE merchant_id = %(merchant)s OR %(merchant)s IS NULL
    GROUP BY account_id
) AS r ON r.account_id = a.id
WHERE (a.merchant_id = %(merchant)s OR %(merchant)s IS NULL)
    AND (coalesce(r.debits, 0) <> b.debits OR coalesce(r.credits, 0) <> b.credits)
ORDER BY a.merchant_id, a.path, a.currency LIMIT %(limit)s
"""

# Twice: each hold against its own entries, and all holds against the memo accounts, where a posting that
# names no hold would show.
HOLDS = """
WITH of_hold AS (
    SELECT e.hold_id,
           coalesce(sum(p.amount_minor) FILTER (WHERE e.kind = 'hold_opened'), 0) AS opened,
           coalesce(-sum(p.amount_minor) FILTER (WHERE e.kind = 'hold_posted'), 0) AS posted,
           coalesce(-sum(p.amount_minor) FILTER (WHERE e.kind = 'hold_released'), 0) AS released
    FROM ledger_journalentry e
    JOIN ledger_posting p ON p.entry_id = e.id
    JOIN ledger_ledgeraccount a ON a.id = p.account_id AND a.path = 'memo/authorized'
    WHERE e.hold_id IS NOT NULL AND (e.merchant_id = %(merchant)s OR %(merchant)s IS NULL)
    GROUP BY e.hold_id
),
held AS (
    SELECT merchant_id, currency, sum(remaining_minor) AS remaining
    FROM ledger_hold WHERE merchant_id = %(merchant)s OR %(merchant)s IS NULL
    GROUP BY merchant_id, currency
),
memo AS (
    SELECT a.merchant_id, a.currency, sum(p.amount_minor) AS remaining
    FROM ledger_ledgeraccount a JOIN ledger_posting p ON p.account_id = a.id
    WHERE a.path = 'memo/authorized' AND (a.merchant_id = %(merchant)s OR %(merchant)s IS NULL)
    GROUP BY a.merchant_id, a.currency
)
(
    SELECT h.merchant_id, 'hold ' || h.id,
           format('opened %%s, posted %%s, released %%s', coalesce(o.opened, 0), coalesce(o.posted, 0),
                  coalesce(o.released, 0)),
           format('opened %%s, posted %%s, released %%s', h.amount_minor, h.posted_minor, h.released_minor)
    FROM ledger_hold h LEFT JOIN of_hold o ON o.hold_id = h.id
    WHERE (h.merchant_id = %(merchant)s OR %(merchant)s IS NULL)
        AND (o.opened, o.posted, o.released)
            IS DISTINCT FROM (h.amount_minor, h.posted_minor, h.released_minor)
    ORDER BY h.id LIMIT %(limit)s
)
UNION ALL
(
    SELECT coalesce(held.merchant_id, memo.merchant_id),
           'memo/authorized in ' || coalesce(held.currency, memo.currency),
           coalesce(memo.remaining, 0) || ' authorized', coalesce(held.remaining, 0) || ' held'
    FROM held FULL JOIN memo ON memo.merchant_id = held.merchant_id AND memo.currency = held.currency
    WHERE coalesce(held.remaining, 0) <> coalesce(memo.remaining, 0)
    ORDER BY 1, 2 LIMIT %(limit)s
)
"""

GUARDS = """
SELECT a.merchant_id, a.path || ' in ' || a.currency || ' (' || a.id || ')',
       'zero or more on its normal side', (b.debits - b.credits)::text || ' net debit'
FROM ledger_ledgeraccount a CROSS JOIN LATERAL ledger_balance(a.id) b
WHERE (a.merchant_id = %(merchant)s OR %(merchant)s IS NULL) AND a.guard = 'never_negative'
    AND CASE a.normal_side WHEN 'debit' THEN b.debits < b.credits ELSE b.credits < b.debits END
ORDER BY a.merchant_id, a.path, a.currency LIMIT %(limit)s
"""
