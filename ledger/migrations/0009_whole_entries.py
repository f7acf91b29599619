"""An entry is checked as a whole in the statement that writes it; only what is not whole by then waits for the commit.

Posting writes an entry and its postings in one statement, so a thousand entries are checked by one look instead of
a thousand calls at the commit. It is still impossible to commit an entry that is not whole, by any sequence of
statements:
- An entry that the statement left unfinished is put down in ledger_unfinishedentry, whose deferred trigger checks it
  at the commit. The trigger's event is queued by the insert; deleting the row does not take it back.
- An entry that was whole stays so: line_count bounds its postings, (entry, line) is unique, and nothing is updated
  or deleted.
The other half of the old trigger, closed periods, is a deferred trigger of its own that fires for old dates only.
"""

from importlib import import_module

from django.db import migrations

BOOKS = import_module("ledger.migrations.0005_books")
POSTING = import_module("ledger.migrations.0002_posting")

# Holds rows within a transaction only. Unlogged: nothing in it outlives a crash, and nothing has to.
UNFINISHED = "CREATE UNLOGGED TABLE ledger_unfinishedentry (entry_id uuid NOT NULL)"

# One currency at zero is whole; several currencies are left to the check at the commit, which sums each.
CHECK_ENTRIES = """
CREATE FUNCTION ledger_check_entries() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
    INSERT INTO ledger_unfinishedentry (entry_id)
    SELECT e.id FROM new_entries e
    WHERE e.xid <> pg_current_xact_id() OR (
        SELECT count(*) = e.line_count AND sum(p.amount_minor) = 0 AND min(p.currency) = max(p.currency)
        FROM ledger_posting p WHERE p.entry_id = e.id
    ) IS NOT TRUE;
    RETURN NULL;
END $$
"""
CHECK_ENTRIES_TRIGGER = """
CREATE TRIGGER ledger_check_entries AFTER INSERT ON ledger_journalentry REFERENCING NEW TABLE AS new_entries
FOR EACH STATEMENT EXECUTE FUNCTION ledger_check_entries()
"""

CHECK_UNFINISHED = """
CREATE FUNCTION ledger_check_unfinished() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    declared bigint;
    written_by xid8;
    lines bigint;
    unbalanced text;
BEGIN
    SELECT e.line_count, e.xid INTO declared, written_by FROM ledger_journalentry e WHERE e.id = NEW.entry_id;
    SELECT sum(c.lines), min(c.currency) FILTER (WHERE c.total <> 0) INTO lines, unbalanced
    FROM (
        SELECT p.currency, count(*) AS lines, sum(p.amount_minor) AS total
        FROM ledger_posting p WHERE p.entry_id = NEW.entry_id GROUP BY p.currency
    ) AS c;
    IF lines IS DISTINCT FROM declared OR unbalanced IS NOT NULL OR written_by <> pg_current_xact_id() THEN
        RAISE EXCEPTION 'Entry % is not whole: % of % postings, out of balance in %',
            NEW.entry_id, coalesce(lines, 0), declared, coalesce(unbalanced, 'no currency')
            USING ERRCODE = 'check_violation', TABLE = 'ledger_journalentry',
                CONSTRAINT = 'journal_entry_is_whole';
    END IF;
    DELETE FROM ledger_unfinishedentry WHERE entry_id = NEW.entry_id;
    RETURN NULL;
END $$
"""
CHECK_UNFINISHED_TRIGGER = """
CREATE CONSTRAINT TRIGGER ledger_check_unfinished AFTER INSERT ON ledger_unfinishedentry
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_check_unfinished()
"""

# The period's lock is taken as the last thing before the commit, and by entries of old dates alone (migration 0005).
CHECK_DATE = """
CREATE FUNCTION ledger_check_entry_date() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('ledger_books:' || NEW.merchant_id, 0));
    IF EXISTS (
        SELECT FROM ledger_accountingperiod c
        WHERE c.merchant_id = NEW.merchant_id AND c.status = 'closed' AND c.ends_at > NEW.effective_at
    ) THEN
        RAISE EXCEPTION 'Entry % is dated inside a period that was closed meanwhile', NEW.id
            USING ERRCODE = 'serialization_failure', TABLE = 'ledger_journalentry';
    END IF;
    RETURN NULL;
END $$
"""
CHECK_DATE_TRIGGER = """
CREATE CONSTRAINT TRIGGER ledger_check_entry_date AFTER INSERT ON ledger_journalentry
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.effective_at < now() - interval '5 minutes')
EXECUTE FUNCTION ledger_check_entry_date()
"""

# Entry and postings in one statement: the triggers see both. A closed period is refused before, since the triggers of
# the statement would refuse other things first; a repeat of an old entry is answered whatever was closed meanwhile.
POST_ENTRY = """
CREATE OR REPLACE FUNCTION ledger_post_entry(
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
    IF p_effective_at < now() - interval '5 minutes' AND EXISTS (
        SELECT FROM ledger_accountingperiod c
        WHERE c.merchant_id = p_merchant AND c.status = 'closed' AND c.ends_at > p_effective_at
    ) AND NOT EXISTS (
        SELECT FROM ledger_journalentry e WHERE e.merchant_id = p_merchant AND e.reference = p_reference
    ) THEN
        RAISE EXCEPTION 'Entry % is dated inside a closed period', p_reference USING ERRCODE = 'LG003';
    END IF;

    WITH entry AS (
        INSERT INTO ledger_journalentry (
            id, merchant_id, kind, reference, effective_at, recorded_at, line_count, source_kind, source_id,
            external_reference, description, reverses_id, hold_id, trace_id, request_id, actor, content_hash
        ) VALUES (
            p_id, p_merchant, p_kind, p_reference, p_effective_at, p_recorded_at, cardinality(p_amounts),
            p_source_kind, p_source_id, p_external_reference, p_description, p_reverses, p_hold, p_trace_id,
            p_request_id, p_actor, p_content_hash
        ) ON CONFLICT (merchant_id, reference) DO NOTHING
        RETURNING id
    )
    INSERT INTO ledger_posting (merchant_id, entry_id, line, account_id, amount_minor, currency)
    SELECT p_merchant, entry.id, l.line, accounts[l.line], l.amount, l.currency
    FROM entry, unnest(p_amounts, p_currencies) WITH ORDINALITY AS l (amount, currency, line);
    is_new := FOUND;
    IF is_new THEN
        entry_id := p_id;
        RETURN;
    END IF;
    SELECT e.id, e.content_hash INTO entry_id, known_hash
    FROM ledger_journalentry e WHERE e.merchant_id = p_merchant AND e.reference = p_reference;
    IF known_hash <> p_content_hash THEN
        RAISE EXCEPTION 'Reference % is used by entry % with other lines', p_reference, entry_id
            USING ERRCODE = 'LG001';
    END IF;
END $$
"""

# One element per entry in the first group of arrays, per distinct account in the second, per line in the third;
# p_line_entries and p_line_accounts count from one into the other two groups.
POST_ENTRIES = """
CREATE OR REPLACE FUNCTION ledger_post_entries(
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
    closed_until timestamptz;
    inserted_count bigint;
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
    SELECT max(c.ends_at) INTO closed_until
    FROM ledger_accountingperiod c WHERE c.merchant_id = p_merchant AND c.status = 'closed';
    IF EXISTS (
        SELECT FROM unnest(p_references, p_effective_ats) AS r (reference, effective_at)
        WHERE r.effective_at < closed_until AND NOT EXISTS (
            SELECT FROM ledger_journalentry e WHERE e.merchant_id = p_merchant AND e.reference = r.reference
        )
    ) THEN
        RAISE EXCEPTION 'An entry is dated inside a closed period' USING ERRCODE = 'LG003';
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
    ),
    posted AS (
        INSERT INTO ledger_posting (merchant_id, entry_id, line, account_id, amount_minor, currency)
        SELECT p_merchant, i.id, l.line, accounts[l.account], l.amount, l.currency
        FROM unnest(p_line_entries, p_line_numbers, p_line_accounts, p_line_currencies, p_line_amounts)
            AS l (entry, line, account, currency, amount)
        JOIN inserted AS i ON i.id = p_ids[l.entry]
    )
    SELECT count(*) INTO inserted_count FROM inserted;

    IF inserted_count = cardinality(p_ids) THEN
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



class Migration(migrations.Migration):
    dependencies = [("ledger", "0008_line_settlement")]

    operations = [
        migrations.RunSQL(UNFINISHED, "DROP TABLE ledger_unfinishedentry"),
        migrations.RunSQL(CHECK_ENTRIES, "DROP FUNCTION ledger_check_entries()"),
        migrations.RunSQL(CHECK_ENTRIES_TRIGGER, "DROP TRIGGER ledger_check_entries ON ledger_journalentry"),
        migrations.RunSQL(CHECK_UNFINISHED, "DROP FUNCTION ledger_check_unfinished()"),
        migrations.RunSQL(
            CHECK_UNFINISHED_TRIGGER, "DROP TRIGGER ledger_check_unfinished ON ledger_unfinishedentry"
        ),
        migrations.RunSQL(CHECK_DATE, "DROP FUNCTION ledger_check_entry_date()"),
        migrations.RunSQL(CHECK_DATE_TRIGGER, "DROP TRIGGER ledger_check_entry_date ON ledger_journalentry"),
        migrations.RunSQL(
            "DROP TRIGGER ledger_check_entry ON ledger_journalentry", POSTING.CHECK_ENTRY_TRIGGER
        ),
        migrations.RunSQL("DROP FUNCTION ledger_check_entry()", BOOKS.CHECK_ENTRY),
        migrations.RunSQL(POST_ENTRY, BOOKS.POST_ENTRY),
        migrations.RunSQL(POST_ENTRIES, BOOKS.POST_ENTRIES),
    ]
