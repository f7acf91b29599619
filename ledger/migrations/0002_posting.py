"""How the database itself keeps the books: posting in one round trip, balances, and what is refused.

SQLSTATEs of our own, mapped in ledger/steps/posting_sql.py: LG001 reference reused, LG002 account below
zero.
"""

from django.db import migrations

from foundation.audit.protection import AppendOnly, Audited, NeverDeleted

# A snapshot beyond the oldest running transaction belongs to another cluster's count of transactions (the
# database was restored from a dump): it is not believed, and the sum is made from the postings.
BALANCE = """
CREATE FUNCTION ledger_balance(p_account uuid) RETURNS TABLE (debits numeric, credits numeric)
LANGUAGE sql STABLE AS $$
    SELECT coalesce(s.debits, 0) + since.debits, coalesce(s.credits, 0) + since.credits
    FROM (VALUES (p_account)) AS account (id)
    LEFT JOIN ledger_balancesnapshot s
        ON s.account_id = account.id AND s.up_to_xid <= pg_snapshot_xmin(pg_current_snapshot())
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(p.amount_minor) FILTER (WHERE p.amount_minor > 0), 0) AS debits,
               coalesce(-sum(p.amount_minor) FILTER (WHERE p.amount_minor < 0), 0) AS credits
        FROM ledger_posting p
        WHERE p.account_id = account.id AND p.xid >= coalesce(s.up_to_xid, '0'::xid8)
    ) AS since
$$
"""

# enable_seqscan is off inside these functions: a session may plan them while the tables are empty and keep
# the plan until the tables hold millions of rows. Generic plans: PostgreSQL would plan the two-line arrays
# anew at every call.
POST_ENTRY = """
CREATE FUNCTION ledger_post_entry(
    p_merchant uuid, p_recorded_at timestamptz, p_trace_id text, p_request_id text, p_actor text,
    p_id uuid, p_reference text, p_kind text, p_effective_at timestamptz, p_source_kind text,
    p_source_id uuid, p_external_reference text, p_description text, p_reverses uuid, p_hold uuid,
    p_content_hash bytea,
    p_paths text[], p_currencies text[], p_amounts bigint[],
    OUT entry_id uuid, OUT is_new boolean
) LANGUAGE plpgsql SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    accounts uuid[];
    known_hash bytea;
BEGIN
    SELECT array_agg((
        SELECT a.id FROM ledger_ledgeraccount a
        WHERE a.merchant_id = p_merchant AND a.path = l.path AND a.currency = l.currency
    ) ORDER BY l.line)
    INTO accounts
    FROM unnest(p_paths, p_currencies) WITH ORDINALITY AS l (path, currency, line);
    IF array_position(accounts, NULL) IS NOT NULL THEN
        -- No entry_id: the caller opens the accounts and comes again.
        RETURN;
    END IF;

    INSERT INTO ledger_journalentry (
        id, merchant_id, kind, reference, effective_at, recorded_at, line_count, source_kind, source_id,
        external_reference, description, reverses_id, hold_id, trace_id, request_id, actor, content_hash
    ) VALUES (
        p_id, p_merchant, p_kind, p_reference, p_effective_at, p_recorded_at, cardinality(p_amounts),
        p_source_kind, p_source_id, p_external_reference, p_description, p_reverses, p_hold, p_trace_id,
        p_request_id, p_actor, p_content_hash
    ) ON CONFLICT (merchant_id, reference) DO NOTHING;
    is_new := FOUND;
    IF NOT is_new THEN
        SELECT e.id, e.content_hash INTO entry_id, known_hash
        FROM ledger_journalentry e WHERE e.merchant_id = p_merchant AND e.reference = p_reference;
        IF known_hash <> p_content_hash THEN
            RAISE EXCEPTION 'Reference % is used by entry % with other lines', p_reference, entry_id
                USING ERRCODE = 'LG001';
        END IF;
        RETURN;
    END IF;

    INSERT INTO ledger_posting (merchant_id, entry_id, line, account_id, amount_minor, currency)
    SELECT p_merchant, p_id, l.line, accounts[l.line], l.amount, l.currency
    FROM unnest(p_amounts, p_currencies) WITH ORDINALITY AS l (amount, currency, line);
    entry_id := p_id;
END $$
"""

# One element per entry in the first group of arrays, per distinct account in the second, per line in the
# third; p_line_entries and p_line_accounts count from one into the other two groups.
POST_ENTRIES = """
CREATE FUNCTION ledger_post_entries(
    p_merchant uuid, p_recorded_at timestamptz, p_trace_id text, p_request_id text, p_actor text,
    p_ids uuid[], p_references text[], p_kinds text[], p_effective_ats timestamptz[], p_source_kinds text[],
    p_source_ids uuid[], p_external_references text[], p_descriptions text[], p_content_hashes bytea[],
    p_line_counts smallint[],
    p_account_paths text[], p_account_currencies text[],
    p_line_entries integer[], p_line_numbers smallint[], p_line_accounts integer[], p_line_currencies text[],
    p_line_amounts bigint[]
) RETURNS TABLE (number bigint, entry_id uuid, is_new boolean)
LANGUAGE plpgsql SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    accounts uuid[];
    fresh uuid[];
    reused text;
BEGIN
    SELECT array_agg((
        SELECT a.id FROM ledger_ledgeraccount a
        WHERE a.merchant_id = p_merchant AND a.path = l.path AND a.currency = l.currency
    ) ORDER BY l.n)
    INTO accounts
    FROM unnest(p_account_paths, p_account_currencies) WITH ORDINALITY AS l (path, currency, n);
    IF array_position(accounts, NULL) IS NOT NULL THEN
        -- No rows: the caller opens the accounts and comes again.
        RETURN;
    END IF;

    -- In order of reference: two batches that share references wait for each other instead of deadlocking.
    WITH inserted AS (
        INSERT INTO ledger_journalentry (
            id, merchant_id, kind, reference, effective_at, recorded_at, line_count, source_kind, source_id,
            external_reference, description, trace_id, request_id, actor, content_hash
        )
        SELECT e.id, p_merchant, e.kind, e.reference, e.effective_at, p_recorded_at, e.line_count,
               e.source_kind, e.source_id, e.external_reference, e.description, p_trace_id, p_request_id,
               p_actor, e.content_hash
        FROM unnest(
            p_ids, p_kinds, p_references, p_effective_ats, p_line_counts, p_source_kinds, p_source_ids,
            p_external_references, p_descriptions, p_content_hashes
        ) AS e (
            id, kind, reference, effective_at, line_count, source_kind, source_id, external_reference,
            description, content_hash
        )
        ORDER BY e.reference
        ON CONFLICT (merchant_id, reference) DO NOTHING
        RETURNING id
    )
    SELECT coalesce(array_agg(id), '{}') INTO fresh FROM inserted;

    INSERT INTO ledger_posting (merchant_id, entry_id, line, account_id, amount_minor, currency)
    SELECT p_merchant, f.id, l.line, accounts[l.account], l.amount, l.currency
    FROM unnest(p_line_entries, p_line_numbers, p_line_accounts, p_line_currencies, p_line_amounts)
        AS l (entry, line, account, currency, amount)
    JOIN unnest(fresh) AS f (id) ON f.id = p_ids[l.entry];

    IF cardinality(fresh) = cardinality(p_ids) THEN
        RETURN QUERY SELECT n, id, true FROM unnest(p_ids) WITH ORDINALITY AS e (id, n);
        RETURN;
    END IF;
    SELECT min(e.reference) INTO reused
    FROM unnest(p_references, p_content_hashes) AS r (reference, content_hash)
    JOIN ledger_journalentry e ON e.merchant_id = p_merchant AND e.reference = r.reference
    WHERE e.content_hash <> r.content_hash;
    IF reused IS NOT NULL THEN
        RAISE EXCEPTION 'Reference % is used with other lines', reused USING ERRCODE = 'LG001';
    END IF;
    RETURN QUERY
        SELECT r.n, e.id, e.id = p_ids[r.n]
        FROM unnest(p_references) WITH ORDINALITY AS r (reference, n)
        JOIN ledger_journalentry e ON e.merchant_id = p_merchant AND e.reference = r.reference
        ORDER BY r.n;
END $$
"""

# Scalar subqueries by primary key alone: their plan is a probe of that index, whatever the planner believes
# about the tables' sizes. With the merchant as a second condition, a plan made on empty tables may read all
# of a merchant's entries. Raising a guarded account needs no lock: a concurrent lowering does not see it and
# so only errs on the safe side.
CHECK_POSTINGS = """
CREATE FUNCTION ledger_check_postings() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    all_fit boolean;
    lowered uuid[];
    below uuid;
BEGIN
    SELECT bool_and(c.fits_entry IS TRUE AND c.lowers IS NOT NULL AND c.xid = pg_current_xact_id()),
           array_agg(c.account_id) FILTER (WHERE c.lowers)
    INTO all_fit, lowered
    FROM (
        SELECT p.account_id, p.xid,
            (SELECT p.line <= e.line_count AND e.merchant_id = p.merchant_id
             FROM ledger_journalentry e WHERE e.id = p.entry_id) AS fits_entry,
            (SELECT CASE WHEN a.merchant_id = p.merchant_id AND a.currency = p.currency
                         THEN a.guard <> 'none' AND (a.normal_side = 'debit') = (p.amount_minor < 0) END
             FROM ledger_ledgeraccount a WHERE a.id = p.account_id) AS lowers
        FROM new_postings p
        OFFSET 0
    ) AS c;
    IF NOT all_fit THEN
        RAISE EXCEPTION 'A posting does not fit its entry''s lines, account, merchant or transaction'
            USING ERRCODE = 'check_violation', TABLE = 'ledger_posting', CONSTRAINT = 'posting_fits';
    END IF;
    IF lowered IS NULL THEN
        RETURN NULL;
    END IF;
    PERFORM FROM ledger_ledgeraccount a WHERE a.id = ANY (lowered) ORDER BY a.id FOR NO KEY UPDATE;
    SELECT a.id INTO below
    FROM ledger_ledgeraccount a, ledger_balance(a.id) b
    WHERE a.id = ANY (lowered)
        AND CASE a.normal_side WHEN 'debit' THEN b.debits < b.credits ELSE b.credits < b.debits END
    ORDER BY a.id LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'Account % would fall below zero', below USING ERRCODE = 'LG002';
    END IF;
    RETURN NULL;
END $$
"""

CHECK_POSTINGS_TRIGGER = """
CREATE TRIGGER ledger_check_postings AFTER INSERT ON ledger_posting REFERENCING NEW TABLE AS new_postings
FOR EACH STATEMENT EXECUTE FUNCTION ledger_check_postings()
"""

CHECK_ENTRY = """
CREATE FUNCTION ledger_check_entry() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    lines bigint;
    unbalanced text;
BEGIN
    SELECT sum(c.lines), min(c.currency) FILTER (WHERE c.total <> 0) INTO lines, unbalanced
    FROM (
        SELECT p.currency, count(*) AS lines, sum(p.amount_minor) AS total
        FROM ledger_posting p WHERE p.entry_id = NEW.id GROUP BY p.currency
    ) AS c;
    IF lines IS DISTINCT FROM NEW.line_count OR unbalanced IS NOT NULL OR NEW.xid <> pg_current_xact_id() THEN
        RAISE EXCEPTION 'Entry % is not whole: % of % postings, out of balance in %',
            NEW.id, coalesce(lines, 0), NEW.line_count, coalesce(unbalanced, 'no currency')
            USING ERRCODE = 'check_violation', TABLE = 'ledger_journalentry',
                CONSTRAINT = 'journal_entry_is_whole';
    END IF;
    RETURN NULL;
END $$
"""

# Fires once per entry. It cannot be outwitted by postings added after it has fired: line_count bounds their
# number and (entry, line) is unique, so an entry that has passed is full.
CHECK_ENTRY_TRIGGER = """
CREATE CONSTRAINT TRIGGER ledger_check_entry AFTER INSERT ON ledger_journalentry DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION ledger_check_entry()
"""

# The posting triggers rely on an account never changing whose it is or what it counts.
ACCOUNT_IDENTITY_TRIGGER = """
CREATE TRIGGER ledger_account_identity
BEFORE UPDATE OF id, merchant_id, path, type, currency, normal_side ON ledger_ledgeraccount
FOR EACH STATEMENT EXECUTE FUNCTION foundation_refuse_change('only the guard of an account may change')
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial"), ("foundation", "0002_protection")]

    operations = [
        migrations.RunSQL(BALANCE, "DROP FUNCTION ledger_balance(uuid)"),
        migrations.RunSQL(POST_ENTRY, "DROP FUNCTION ledger_post_entry"),
        migrations.RunSQL(POST_ENTRIES, "DROP FUNCTION ledger_post_entries"),
        migrations.RunSQL(CHECK_POSTINGS, "DROP FUNCTION ledger_check_postings()"),
        migrations.RunSQL(CHECK_POSTINGS_TRIGGER, "DROP TRIGGER ledger_check_postings ON ledger_posting"),
        migrations.RunSQL(CHECK_ENTRY, "DROP FUNCTION ledger_check_entry()"),
        migrations.RunSQL(CHECK_ENTRY_TRIGGER, "DROP TRIGGER ledger_check_entry ON ledger_journalentry"),
        migrations.RunSQL(
            ACCOUNT_IDENTITY_TRIGGER, "DROP TRIGGER ledger_account_identity ON ledger_ledgeraccount"
        ),
        AppendOnly("ledger_journalentry"),
        AppendOnly("ledger_posting"),
        NeverDeleted("ledger_ledgeraccount"),
        NeverDeleted("ledger_hold"),
        Audited("ledger_ledgeraccount"),
        Audited("ledger_hold"),
    ]
