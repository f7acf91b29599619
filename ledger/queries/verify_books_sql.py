"""The SQL of the checks on what finance does to the books: reversals, exchanges, adjustments, closed periods.

Each row: merchant, subject, what should be, what stands. Parameters: merchant (null: every merchant), limit.
"""

# Per account, a reversal and the entry it reverses come to nothing.
REVERSALS = """
SELECT r.merchant_id, 'entry ' || r.id, 'the opposite of entry ' || r.reverses_id,
       string_agg(d.account_id || ' left at ' || d.rest, ', ' ORDER BY d.account_id)
FROM ledger_journalentry r
CROSS JOIN LATERAL (
    SELECT p.account_id, sum(p.amount_minor) AS rest
    FROM ledger_posting p WHERE p.entry_id IN (r.id, r.reverses_id)
    GROUP BY p.account_id HAVING sum(p.amount_minor) <> 0
) AS d
WHERE r.reverses_id IS NOT NULL AND (r.merchant_id = %(merchant)s OR %(merchant)s IS NULL)
GROUP BY r.id
ORDER BY r.id LIMIT %(limit)s
"""

# Reversals bring their original's exchanges back to nothing; that they do is the check above.
EXCHANGES = """
WITH posted AS (
    SELECT e.merchant_id, p.entry_id, a.path, p.currency, sum(p.amount_minor) AS total
    FROM ledger_ledgeraccount a
    JOIN ledger_posting p ON p.account_id = a.id
    JOIN ledger_journalentry e ON e.id = p.entry_id AND e.reverses_id IS NULL
    WHERE starts_with(a.path, 'equity/fx/') AND (a.merchant_id = %(merchant)s OR %(merchant)s IS NULL)
    GROUP BY e.merchant_id, p.entry_id, a.path, p.currency
),
sides AS (
    SELECT x.merchant_id, x.entry_id, side.currency, side.amount,
           'equity/fx/' || least(x.sold_currency, x.bought_currency) || '_'
           || greatest(x.sold_currency, x.bought_currency) AS path
    FROM ledger_exchange x
    CROSS JOIN LATERAL (
        VALUES (x.sold_currency, x.sold_minor), (x.bought_currency, -x.bought_minor)
    ) AS side (currency, amount)
    WHERE x.merchant_id = %(merchant)s OR %(merchant)s IS NULL
),
kept AS (
    SELECT merchant_id, entry_id, path, currency, sum(amount) AS total
    FROM sides GROUP BY merchant_id, entry_id, path, currency
)
SELECT coalesce(kept.merchant_id, posted.merchant_id),
       'entry ' || coalesce(kept.entry_id, posted.entry_id) || ', '
       || coalesce(kept.path, posted.path) || ' in ' || coalesce(kept.currency, posted.currency),
       coalesce(kept.total, 0) || ' by its exchanges', coalesce(posted.total, 0) || ' posted'
FROM kept FULL JOIN posted USING (entry_id, path, currency)
WHERE coalesce(kept.total, 0) <> coalesce(posted.total, 0)
ORDER BY 2 LIMIT %(limit)s
"""

# Both ways: what was approved is in the books, and nothing calls itself an adjustment without an approval.
ADJUSTMENTS = """
WITH asked AS (
    SELECT j.merchant_id, j.entry_id, line ->> 'path' AS path, line ->> 'currency' AS currency,
           sum((line ->> 'amount_minor')::bigint) AS total
    FROM ledger_manualadjustment j CROSS JOIN LATERAL jsonb_array_elements(j.lines) AS line
    WHERE j.status = 'posted' AND (j.merchant_id = %(merchant)s OR %(merchant)s IS NULL)
    GROUP BY j.merchant_id, j.entry_id, path, currency
),
posted AS (
    SELECT e.merchant_id, e.id AS entry_id, a.path, a.currency, sum(p.amount_minor) AS total
    FROM ledger_journalentry e
    JOIN ledger_posting p ON p.entry_id = e.id
    JOIN ledger_ledgeraccount a ON a.id = p.account_id
    WHERE e.kind = 'manual_adjustment' AND (e.merchant_id = %(merchant)s OR %(merchant)s IS NULL)
    GROUP BY e.merchant_id, e.id, a.path, a.currency
)
SELECT coalesce(asked.merchant_id, posted.merchant_id),
       'entry ' || entry_id || ', ' || path || ' in ' || currency,
       coalesce(asked.total, 0) || ' approved', coalesce(posted.total, 0) || ' posted'
FROM asked FULL JOIN posted USING (entry_id, path, currency)
WHERE coalesce(asked.total, 0) <> coalesce(posted.total, 0)
ORDER BY 2 LIMIT %(limit)s
"""

# Period by period: what the kept balances moved against what is dated inside. A posting is read once, however
# many periods there are.
PERIODS = """
WITH closed AS (
    SELECT c.*, lag(c.ends_at) OVER past AS expected_start, lag(c.id) OVER past AS before_id,
           lag(c.frozen_at) OVER past AS before_frozen_at, row_number() OVER past AS number
    FROM ledger_accountingperiod c
    WHERE c.status = 'closed' AND (c.merchant_id = %(merchant)s OR %(merchant)s IS NULL)
    WINDOW past AS (PARTITION BY c.merchant_id ORDER BY c.ends_at)
),
kept AS (
    SELECT c.id, now.account_id, now.debits - coalesce(before.debits, 0) AS debits,
           now.credits - coalesce(before.credits, 0) AS credits
    FROM closed c
    JOIN ledger_periodbalance now ON now.period_id = c.id
    LEFT JOIN ledger_periodbalance before
        ON before.period_id = c.before_id AND before.account_id = now.account_id
    WHERE c.number = 1 OR c.before_frozen_at IS NOT NULL
),
dated AS (
    SELECT c.id, p.account_id,
           coalesce(sum(p.amount_minor) FILTER (WHERE p.amount_minor > 0), 0) AS debits,
           coalesce(-sum(p.amount_minor) FILTER (WHERE p.amount_minor < 0), 0) AS credits
    FROM closed c
    JOIN ledger_journalentry e ON e.merchant_id = c.merchant_id AND e.effective_at < c.ends_at
        AND e.effective_at >= coalesce(c.starts_at, '-infinity'::timestamptz)
    JOIN ledger_posting p ON p.entry_id = e.id
    WHERE c.frozen_at IS NOT NULL AND (c.number = 1 OR c.before_frozen_at IS NOT NULL)
    GROUP BY c.id, p.account_id
)
(
    SELECT c.merchant_id, 'period ' || c.id || ', account ' || account_id,
           format('debits %%s, credits %%s', coalesce(dated.debits, 0), coalesce(dated.credits, 0)),
           format('debits %%s, credits %%s', coalesce(kept.debits, 0), coalesce(kept.credits, 0))
    FROM kept FULL JOIN dated USING (id, account_id) JOIN closed c USING (id)
    WHERE coalesce(kept.debits, 0) <> coalesce(dated.debits, 0)
        OR coalesce(kept.credits, 0) <> coalesce(dated.credits, 0)
    ORDER BY 2 LIMIT %(limit)s
)
UNION ALL
(
    SELECT merchant_id, 'period ' || id, 'begins at ' || coalesce(expected_start::text, 'the beginning'),
           'begins at ' || coalesce(starts_at::text, 'the beginning')
    FROM closed WHERE starts_at IS DISTINCT FROM expected_start
    ORDER BY 2 LIMIT %(limit)s
)
"""
