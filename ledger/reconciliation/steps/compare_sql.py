"""The SQL of matching, in the order it runs. Every statement is set-based; none sees a row at a time.

COMPARE does nearly all of the work in one pass: it sums unmatched lines and unmatched entries per reference and
joins the sums. What is equal and one to one is matched there. The rest goes to small temporary tables, on which
the other rules work one after another.
"""

from __future__ import annotations

# Hash joins and hashed groups throughout: these tables may have been filled a moment ago, no statistics say how large
# they are, and sorting texts by a locale costs more than everything else.
SETTINGS = """
SET LOCAL statement_timeout = '10min';
SET LOCAL work_mem = '256MB';
SET LOCAL enable_nestloop = off;
SET LOCAL enable_mergejoin = off;
SET LOCAL enable_sort = off
"""

TABLES = """
DROP TABLE IF EXISTS pg_temp.compared_accounts, pg_temp.entry_kinds, pg_temp.rest_keys, pg_temp.rest_lines,
    pg_temp.rest_items, pg_temp.new_matches, pg_temp.found_breaks;
CREATE TEMPORARY TABLE compared_accounts (
    account_id uuid, source text, psp_account text, currency text
) ON COMMIT DROP;
CREATE TEMPORARY TABLE entry_kinds (kind text, movement text) ON COMMIT DROP;
CREATE TEMPORARY TABLE rest_keys (source text, psp_account text, reference text) ON COMMIT DROP;
CREATE TEMPORARY TABLE rest_lines (
    line_id bigint, source text, psp_account text, movement text, reference text, order_reference text,
    currency text, gross bigint, fee bigint, net bigint, at timestamptz, occurrence smallint
) ON COMMIT DROP;
CREATE TEMPORARY TABLE rest_items (
    entry_id uuid, source text, psp_account text, movement text, reference text, currency text,
    gross bigint, fee bigint, net bigint, at timestamptz, reverses_id uuid
) ON COMMIT DROP;
CREATE TEMPORARY TABLE new_matches (
    line_id bigint, entry_id uuid, source text, rule text
) ON COMMIT DROP;
CREATE TEMPORARY TABLE found_breaks (
    kind text, source text, psp_account text, line_id bigint, entry_id uuid, reference text, currency text,
    line_currency text, psp_minor bigint, book_minor bigint, at timestamptz
) ON COMMIT DROP
"""

FILL_KINDS = "INSERT INTO entry_kinds SELECT * FROM unnest(%s::text[], %s::text[])"

# Clearing accounts are a PSP's; what a payout puts into transit is the bank's to confirm.
FILL_ACCOUNTS = """
INSERT INTO compared_accounts
SELECT id, 'psp', substr(path, length(%(clearing)s) + 1), currency
FROM ledger_ledgeraccount WHERE merchant_id = %(merchant)s AND starts_with(path, %(clearing)s)
UNION ALL
SELECT id, 'bank', NULL, currency
FROM ledger_ledgeraccount
WHERE merchant_id = %(merchant)s AND (path = %(transit)s OR starts_with(path, %(transit)s || '/'))
"""

# What may still be matched: lines and entries without a match on this side, and not written off.
_LINES = """
SELECT l.id AS line_id, l.source, l.psp_account, l.kind AS movement, l.reference, l.order_reference, l.currency,
       l.gross_minor AS gross, l.fee_minor AS fee, l.net_minor AS net, l.occurred_at AS at, l.occurrence
FROM ledger_statementline l
WHERE l.merchant_id = %(merchant)s
    AND NOT EXISTS (SELECT 1 FROM ledger_reconciliationmatch m WHERE m.line_id = l.id)
    AND NOT EXISTS (SELECT 1 FROM ended_breaks b WHERE b.line_id = l.id)
"""

# An entry's effect on a compared account. The fee of a charge is what its own entry takes off again; other
# movements are compared by their net alone. A payout's PSP account is that of its clearing posting.
_ITEMS = """
SELECT e.id AS entry_id, s.source, coalesce(s.psp_account, c.psp_account) AS psp_account,
       coalesce(k.movement, 'other') AS movement, e.external_reference AS reference, s.currency,
       s.net + CASE WHEN k.movement = 'charge' THEN s.taken ELSE 0 END AS gross,
       CASE WHEN k.movement = 'charge' THEN s.taken ELSE 0 END AS fee,
       s.net, e.effective_at AS at, e.reverses_id
FROM (
    SELECT p.entry_id, a.source, a.psp_account, a.currency, sum(p.amount_minor)::bigint AS net,
           coalesce(-sum(p.amount_minor) FILTER (WHERE p.amount_minor < 0), 0)::bigint AS taken
    FROM ledger_posting p JOIN compared_accounts a ON a.account_id = p.account_id
    WHERE a.source = 'psp' OR p.amount_minor > 0
    GROUP BY p.entry_id, a.source, a.psp_account, a.currency
) AS s
JOIN ledger_journalentry e ON e.id = s.entry_id
LEFT JOIN entry_kinds k ON k.kind = e.kind
LEFT JOIN (
    SELECT DISTINCT p.entry_id, a.psp_account
    FROM ledger_posting p JOIN compared_accounts a ON a.account_id = p.account_id
    WHERE a.source = 'psp' AND EXISTS (SELECT 1 FROM compared_accounts WHERE source = 'bank')
        AND p.entry_id IN (
            SELECT t.entry_id FROM ledger_posting t
            JOIN compared_accounts b ON b.account_id = t.account_id AND b.source = 'bank'
        )
) AS c ON s.source = 'bank' AND c.entry_id = s.entry_id
WHERE e.merchant_id = %(merchant)s AND e.kind <> %(write_off)s AND s.net <> 0
    AND (s.source = 'psp' OR (k.movement = 'payout' AND c.psp_account IS NOT NULL))
    AND NOT EXISTS (
        SELECT 1 FROM ledger_reconciliationmatch m WHERE m.entry_id = e.id AND m.source = s.source
    )
    AND NOT EXISTS (SELECT 1 FROM ended_breaks b WHERE b.entry_id = e.id AND b.source = s.source)
"""

_ENDED = """
ended_breaks AS MATERIALIZED (
    SELECT source, line_id, entry_id FROM ledger_reconciliationbreak
    WHERE merchant_id = %(merchant)s AND status = 'written_off'
)
"""

# A match on time, beyond doubt: one line, one entry, the same reference, movement, currency and amounts. The
# sides are grouped first, so that a reference which comes twice is left to the rules that can tell.
COMPARE = f"""
WITH {_ENDED},
lines AS (
    SELECT source, psp_account, movement, reference, currency, count(*) AS n, any_value(line_id) AS line_id,
           sum(gross) AS gross, sum(fee) AS fee, sum(net) AS net, min(at) AS at
    FROM ({_LINES}) AS l
    GROUP BY source, psp_account, movement, reference, currency
),
items AS (
    SELECT source, psp_account, movement, reference, currency, count(*) AS n, any_value(entry_id) AS entry_id,
           sum(gross) AS gross, sum(fee) AS fee, sum(net) AS net, min(at) AS at
    FROM ({_ITEMS}) AS i
    GROUP BY source, psp_account, movement, reference, currency
),
compared AS MATERIALIZED (
    SELECT source, psp_account, reference, l.line_id, i.entry_id,
           coalesce(
               reference <> '' AND l.n = 1 AND i.n = 1 AND l.net = i.net
               AND (movement <> 'charge' OR l.fee = i.fee)
               AND l.at <= i.at + CASE source WHEN 'psp' THEN %(psp_late)s ELSE %(bank_late)s END::interval,
               false
           ) AS is_exact
    FROM lines l FULL JOIN items i USING (source, psp_account, movement, reference, currency)
),
matched AS (
    INSERT INTO ledger_reconciliationmatch (merchant_id, line_id, entry_id, source, rule, run_id)
    SELECT %(merchant)s, line_id, entry_id, source, 'reference', %(run)s FROM compared WHERE is_exact
),
rest AS (
    INSERT INTO rest_keys SELECT DISTINCT source, psp_account, reference FROM compared WHERE NOT is_exact
)
SELECT count(*) FROM compared WHERE is_exact
"""  # noqa: S608  constants only

FILL_REST_LINES = f"""
WITH {_ENDED}
INSERT INTO rest_lines
SELECT * FROM ({_LINES}) AS l WHERE (source, psp_account, reference) IN (SELECT * FROM rest_keys)
"""  # noqa: S608  constants only

FILL_REST_ITEMS = f"""
WITH {_ENDED}
INSERT INTO rest_items
SELECT * FROM ({_ITEMS}) AS i WHERE (source, psp_account, reference) IN (SELECT * FROM rest_keys)
"""  # noqa: S608  constants only

TAKE_OUT_MATCHED = """
DELETE FROM rest_lines WHERE line_id IN (SELECT line_id FROM new_matches);
DELETE FROM rest_items i USING new_matches m WHERE m.entry_id = i.entry_id AND m.source = i.source
"""

STORE_MATCHES = """
INSERT INTO ledger_reconciliationmatch (merchant_id, line_id, entry_id, source, rule, run_id)
SELECT %(merchant)s, line_id, entry_id, source, rule, %(run)s FROM new_matches
"""
