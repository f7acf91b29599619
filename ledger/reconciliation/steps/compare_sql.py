"""The SQL of matching, in the order it runs. Every statement is set-based; none sees a row at a time.

What a run looks at is put down first: every line and entry in a full run, else what came since the last run and what
that left open. Many of them are compared in one pass (COMPARE), which matches what is equal and one to one. The
rest, or everything when it is little, goes to small temporary tables, on which the rules work one after another.
"""

from __future__ import annotations

LIMITS = "SET LOCAL statement_timeout = '10min'; SET LOCAL work_mem = '256MB'"

# Whole tables against whole tables. They may have been filled a moment ago, and no statistics say how large they are;
# sorting texts by a locale costs more than everything else.
WHOLE_TABLES = """
SET LOCAL enable_nestloop = off;
SET LOCAL enable_mergejoin = off;
SET LOCAL enable_sort = off;
SET LOCAL enable_hashjoin = on;
SET LOCAL enable_seqscan = on
"""
# A few rows by their keys, however small an unanalyzed table is believed to be.
FEW_ROWS = """
SET LOCAL enable_nestloop = on;
SET LOCAL enable_mergejoin = off;
SET LOCAL enable_sort = on;
SET LOCAL enable_hashjoin = off;
SET LOCAL enable_seqscan = off
"""
# Among the temporary tables, which are analyzed.
RULES = """
SET LOCAL enable_nestloop = off;
SET LOCAL enable_mergejoin = off;
SET LOCAL enable_sort = on;
SET LOCAL enable_hashjoin = on;
SET LOCAL enable_seqscan = on
"""

TABLES = """
DROP TABLE IF EXISTS pg_temp.compared_accounts, pg_temp.entry_kinds, pg_temp.stated, pg_temp.sent_payouts,
    pg_temp.ended_lines, pg_temp.ended_items, pg_temp.line_ids, pg_temp.entry_ids, pg_temp.compared,
    pg_temp.rest_lines, pg_temp.rest_items, pg_temp.new_matches, pg_temp.unmatched_lines, pg_temp.found_breaks,
    pg_temp.found_entries, pg_temp.twins, pg_temp.expected_at_bank,
    pg_temp.settled_fx;
CREATE TEMPORARY TABLE compared_accounts (
    account_id uuid, source text, psp_account text, currency text, is_stated boolean
) ON COMMIT DROP;
CREATE TEMPORARY TABLE entry_kinds (kind text, movement text, is_fee boolean) ON COMMIT DROP;
CREATE TEMPORARY TABLE stated (source text, psp_account text) ON COMMIT DROP;
CREATE TEMPORARY TABLE sent_payouts (entry_id uuid, psp_account text) ON COMMIT DROP;
CREATE TEMPORARY TABLE ended_lines (line_id bigint) ON COMMIT DROP;
CREATE TEMPORARY TABLE ended_items (source text, entry_id uuid) ON COMMIT DROP;
CREATE TEMPORARY TABLE line_ids (line_id bigint) ON COMMIT DROP;
CREATE TEMPORARY TABLE entry_ids (entry_id uuid) ON COMMIT DROP;
CREATE TEMPORARY TABLE rest_lines (
    line_id bigint, source text, psp_account text, movement text, reference text, order_reference text,
    currency text, gross bigint, fee bigint, net bigint, at timestamptz, occurrence smallint,
    original_currency text, original bigint, rate numeric
) ON COMMIT DROP;
CREATE TEMPORARY TABLE settled_fx (
    line_id bigint, psp_account text, reference text, currency text, original_currency text, gross bigint, fee bigint,
    booked bigint, rate numeric, at timestamptz
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
    line_currency text, psp_minor bigint, book_minor bigint, at timestamptz, entry_count integer
) ON COMMIT DROP;
CREATE TEMPORARY TABLE found_entries (
    source text, psp_account text, main_id uuid, entry_id uuid, currency text, net bigint
) ON COMMIT DROP;
CREATE INDEX ON sent_payouts (entry_id);
CREATE INDEX ON ended_lines (line_id);
CREATE INDEX ON ended_items (entry_id)
"""

FILL_KINDS = "INSERT INTO entry_kinds SELECT * FROM unnest(%s::text[], %s::text[], %s::boolean[])"

# Clearing accounts are a PSP's; what a payout puts into transit is the bank's to confirm. Only what some statement
# tells of is compared.
FILL_ACCOUNTS = """
INSERT INTO stated SELECT DISTINCT source, psp_account FROM ledger_statement WHERE merchant_id = %(merchant)s;
INSERT INTO compared_accounts
SELECT a.id, 'psp', a.psp_account, a.currency,
       EXISTS (SELECT 1 FROM stated s WHERE s.source = 'psp' AND s.psp_account = a.psp_account)
FROM (
    SELECT id, currency, substr(path, length(%(clearing)s) + 1) AS psp_account
    FROM ledger_ledgeraccount WHERE merchant_id = %(merchant)s AND starts_with(path, %(clearing)s)
) AS a
UNION ALL
SELECT id, 'bank', NULL, currency, EXISTS (SELECT 1 FROM stated s WHERE s.source = 'bank')
FROM ledger_ledgeraccount
WHERE merchant_id = %(merchant)s AND (path = %(transit)s OR starts_with(path, %(transit)s || '/'));
ANALYZE compared_accounts, entry_kinds, stated
"""

# An entry between a clearing account and transit is a payout, or one that came back. Its PSP account is that of its
# clearing posting.
FILL_PAYOUTS = """
INSERT INTO sent_payouts
SELECT t.entry_id, min(a.psp_account)
FROM compared_accounts b
JOIN ledger_posting t ON t.account_id = b.account_id
JOIN ledger_posting p ON p.entry_id = t.entry_id
JOIN compared_accounts a ON a.account_id = p.account_id AND a.source = 'psp'
WHERE b.source = 'bank'
GROUP BY t.entry_id;
ANALYZE sent_payouts
"""

# What people ended: written off, or explained where no money was missing. Neither comes up again.
ENDED = """
(b.status = 'written_off'
 OR (b.status = 'explained' AND b.resolved_at IS NOT NULL AND b.amount_minor = 0 AND b.kind <> 'late'))
"""
FILL_ENDED = f"""
INSERT INTO ended_lines
SELECT b.line_id FROM ledger_reconciliationbreak b
WHERE b.merchant_id = %(merchant)s AND b.line_id IS NOT NULL AND {ENDED};
INSERT INTO ended_items
SELECT DISTINCT b.source, e.entry_id
FROM ledger_reconciliationbreak b JOIN ledger_breakentry e ON e.broken_id = b.id
WHERE b.merchant_id = %(merchant)s AND {ENDED};
ANALYZE ended_lines, ended_items
"""  # noqa: S608  constants only

# Since the last run, and what that left open.
FILL_LINE_IDS = """
INSERT INTO line_ids
SELECT id FROM ledger_statementline WHERE merchant_id = %(merchant)s AND id > %(lines_after)s
UNION
SELECT line_id FROM ledger_reconciliationbreak
WHERE merchant_id = %(merchant)s AND resolved_at IS NULL AND status <> 'written_off' AND kind <> 'late'
    AND line_id IS NOT NULL;
ANALYZE line_ids
"""
FILL_ENTRY_IDS = """
INSERT INTO entry_ids
SELECT p.entry_id FROM compared_accounts a
JOIN ledger_posting p ON p.account_id = a.account_id AND p.xid >= %(items_from)s::xid8
WHERE a.is_stated
UNION
SELECT entry_id FROM ledger_openitem WHERE merchant_id = %(merchant)s;
ANALYZE entry_ids
"""

# What may still be matched: no match on this side, and not ended.
_LINES = """
SELECT l.id AS line_id, l.source, l.psp_account, l.kind AS movement, l.reference, l.order_reference, l.currency,
       l.gross_minor AS gross, l.fee_minor AS fee, l.net_minor AS net, l.occurred_at AS at, l.occurrence,
       l.original_currency, l.original_minor AS original, l.exchange_rate AS rate
FROM ledger_statementline l
WHERE l.merchant_id = %(merchant)s AND {which}
    AND NOT EXISTS (SELECT 1 FROM ended_lines x WHERE x.line_id = l.id)
"""
_EVERY_LINE = "NOT EXISTS (SELECT 1 FROM ledger_reconciliationmatch m WHERE m.line_id = l.id)"
# Neither new lines nor those of open breaks have a match.
_LINE_IDS = "l.id IN (SELECT line_id FROM line_ids)"

# An entry's effect on a compared account. The fee of a charge is what its own entry takes off again, and all of an
# entry that books a fee alone, also one that lowers it; other movements are compared by their net alone.
_ITEMS = """
SELECT e.id AS entry_id, a.source, coalesce(a.psp_account, y.psp_account) AS psp_account,
       CASE WHEN y.entry_id IS NULL THEN coalesce(k.movement, 'other') ELSE 'payout' END AS movement,
       e.external_reference AS reference, a.currency,
       CASE WHEN k.is_fee THEN 0 WHEN k.movement = 'charge' THEN s.net + s.taken ELSE s.net END AS gross,
       CASE WHEN k.is_fee THEN -s.net WHEN k.movement = 'charge' THEN s.taken ELSE 0 END AS fee,
       s.net, e.effective_at AS at, e.reverses_id
FROM (
    SELECT p.entry_id, p.account_id, sum(p.amount_minor)::bigint AS net,
           coalesce(-sum(p.amount_minor) FILTER (WHERE p.amount_minor < 0), 0)::bigint AS taken
    FROM ledger_posting p WHERE {which}
    GROUP BY p.entry_id, p.account_id
) AS s
JOIN compared_accounts a ON a.account_id = s.account_id AND a.is_stated
JOIN ledger_journalentry e ON e.id = s.entry_id
LEFT JOIN entry_kinds k ON k.kind = e.kind
LEFT JOIN sent_payouts y ON y.entry_id = s.entry_id
WHERE e.merchant_id = %(merchant)s AND e.kind <> %(write_off)s AND s.net <> 0
    AND (a.source = 'psp' OR y.psp_account IN (SELECT psp_account FROM stated WHERE source = 'bank'))
    AND NOT EXISTS (
        SELECT 1 FROM ledger_reconciliationmatch m WHERE m.entry_id = e.id AND m.source = a.source
    )
    AND NOT EXISTS (SELECT 1 FROM ended_items x WHERE x.entry_id = e.id AND x.source = a.source)
"""
_EVERY_ITEM = "p.account_id = ANY (ARRAY(SELECT account_id FROM compared_accounts WHERE is_stated))"
_ENTRY_IDS = "p.entry_id IN (SELECT entry_id FROM entry_ids)"

# A match beyond doubt: on time, one line, one entry, the same reference, movement, currency and amounts. A reference
# that comes twice on either side is left to the rules that can tell; so is a line without one.
_COMPARE = """
CREATE TEMPORARY TABLE compared ON COMMIT DROP AS
WITH lines AS MATERIALIZED ({lines}),
twice AS MATERIALIZED (
    SELECT reference FROM lines WHERE reference <> '' GROUP BY reference HAVING count(*) > 1
)
SELECT l.line_id, i.entry_id, l.source,
       coalesce(
           l.source = i.source AND l.psp_account = i.psp_account AND l.movement = i.movement
           AND l.currency = i.currency AND l.net = i.net AND (l.movement <> 'charge' OR l.fee = i.fee)
           AND l.at <= i.at + CASE l.source WHEN 'psp' THEN %(psp_late)s ELSE %(bank_late)s END::interval,
           false
       ) AS is_equal
FROM (
    SELECT *, CASE WHEN reference <> '' AND reference NOT IN (SELECT reference FROM twice) THEN reference END AS key
    FROM lines
) AS l
FULL JOIN ({items}) AS i ON i.reference = l.key
"""
COMPARE_EVERYTHING = _COMPARE.format(
    lines=_LINES.format(which=_EVERY_LINE), items=_ITEMS.format(which=_EVERY_ITEM)
)
COMPARE_NEW = _COMPARE.format(lines=_LINES.format(which=_LINE_IDS), items=_ITEMS.format(which=_ENTRY_IDS))

TAKE_OUT_TWICE = """
UPDATE compared SET is_equal = false
WHERE is_equal AND line_id IN (SELECT line_id FROM compared GROUP BY line_id HAVING count(*) > 1)
"""
# In order of the lines: the block ranges of their index stay narrow.
STORE_EQUAL = """
INSERT INTO ledger_reconciliationmatch (merchant_id, line_id, entry_id, source, rule, run_id)
SELECT %(merchant)s, line_id, entry_id, source, 'reference', %(run)s FROM compared WHERE is_equal ORDER BY line_id
"""
KEEP_THE_REST = """
TRUNCATE line_ids, entry_ids;
INSERT INTO line_ids SELECT DISTINCT line_id FROM compared WHERE NOT is_equal AND line_id IS NOT NULL;
INSERT INTO entry_ids SELECT DISTINCT entry_id FROM compared WHERE NOT is_equal AND entry_id IS NOT NULL;
DROP TABLE compared;
ANALYZE line_ids, entry_ids
"""

FILL_REST_LINES = f"INSERT INTO rest_lines {_LINES.format(which=_LINE_IDS)}"
FILL_REST_ITEMS = f"INSERT INTO rest_items {_ITEMS.format(which=_ENTRY_IDS)}"

TAKE_OUT_MATCHED = """
DELETE FROM rest_lines WHERE line_id IN (SELECT line_id FROM new_matches);
DELETE FROM rest_items i USING new_matches m WHERE m.entry_id = i.entry_id AND m.source = i.source
"""

STORE_MATCHES = """
INSERT INTO ledger_reconciliationmatch (merchant_id, line_id, entry_id, source, rule, run_id)
SELECT %(merchant)s, line_id, entry_id, source, rule, %(run)s FROM new_matches ORDER BY line_id
"""

# What the next run looks at again, and what this one has to explain.
KEEP_OPEN = """
CREATE TEMPORARY TABLE unmatched_lines ON COMMIT DROP AS SELECT line_id FROM rest_lines;
DELETE FROM ledger_openitem o
WHERE o.merchant_id = %(merchant)s AND NOT EXISTS (
    SELECT 1 FROM rest_items i WHERE i.entry_id = o.entry_id AND i.source = o.source
);
INSERT INTO ledger_openitem (merchant_id, source, entry_id)
SELECT DISTINCT %(merchant)s::uuid, source, entry_id FROM rest_items
ON CONFLICT DO NOTHING
"""
