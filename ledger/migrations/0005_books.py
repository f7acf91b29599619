"""Closed periods, manual adjustments and exchanges; posting refuses dates inside a closed period (LG003).

How a period closes without a lock that every posting takes: the closer holds the merchant's advisory lock
alone, for as long as its transaction lasts; an entry dated more than five minutes ago takes the same lock
shared, at its commit, and looks again. Younger entries need neither: a period ends at least an hour before it
is closed (ledger_check_period), so one of them could only fall inside after 55 minutes in one transaction. The
refusal at commit is a serialization failure: the operation is run again and meets LG003.
"""

from importlib import import_module

import django.db.models.deletion
import django.db.models.manager
import django_fsm
import foundation.clock
import foundation.ids
import foundation.tenancy.scoping
from django.db import migrations, models

from foundation.audit.protection import AppendOnly, Audited, NeverDeleted

POSTING = import_module("ledger.migrations.0002_posting")

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
    IF p_effective_at < now() - interval '5 minutes' AND EXISTS (
        SELECT FROM ledger_accountingperiod c
        WHERE c.merchant_id = p_merchant AND c.status = 'closed' AND c.ends_at > p_effective_at
    ) THEN
        RAISE EXCEPTION 'Entry % is dated inside a closed period', p_reference USING ERRCODE = 'LG003';
    END IF;

    INSERT INTO ledger_posting (merchant_id, entry_id, line, account_id, amount_minor, currency)
    SELECT p_merchant, p_id, l.line, accounts[l.line], l.amount, l.currency
    FROM unnest(p_amounts, p_currencies) WITH ORDINALITY AS l (amount, currency, line);
    entry_id := p_id;
END $$
"""

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
    fresh uuid[];
    reused text;
    earliest timestamptz;
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
        RETURNING id, effective_at
    )
    SELECT coalesce(array_agg(id), '{}'), min(effective_at) INTO fresh, earliest FROM inserted;
    IF earliest < now() - interval '5 minutes' AND EXISTS (
        SELECT FROM ledger_accountingperiod c
        WHERE c.merchant_id = p_merchant AND c.status = 'closed' AND c.ends_at > earliest
    ) THEN
        RAISE EXCEPTION 'An entry of % is dated inside a closed period', earliest USING ERRCODE = 'LG003';
    END IF;

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

CHECK_ENTRY = """
CREATE OR REPLACE FUNCTION ledger_check_entry() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
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
    IF NEW.effective_at < now() - interval '5 minutes' THEN
        PERFORM pg_advisory_xact_lock_shared(hashtextextended('ledger_books:' || NEW.merchant_id, 0));
        IF EXISTS (
            SELECT FROM ledger_accountingperiod c
            WHERE c.merchant_id = NEW.merchant_id AND c.status = 'closed' AND c.ends_at > NEW.effective_at
        ) THEN
            RAISE EXCEPTION 'Entry % is dated inside a period that was closed meanwhile', NEW.id
                USING ERRCODE = 'serialization_failure', TABLE = 'ledger_journalentry';
        END IF;
    END IF;
    RETURN NULL;
END $$
"""

# The lock is taken here too, so that closing by hand is as safe as the operation.
CHECK_PERIOD = """
CREATE FUNCTION ledger_check_period() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    closed_until timestamptz;
    refusal text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('ledger_books:' || NEW.merchant_id, 0));
    SELECT max(ends_at) INTO closed_until
    FROM ledger_accountingperiod WHERE merchant_id = NEW.merchant_id AND status = 'closed';
    IF TG_OP = 'INSERT' THEN
        IF NEW.status <> 'closed' OR NEW.starts_at IS DISTINCT FROM closed_until THEN
            refusal := 'a period is closed, and begins where the last closed one ended';
        ELSIF NEW.ends_at > now() - interval '1 hour' THEN
            refusal := 'a period is closed at the earliest an hour after its end';
        END IF;
    ELSIF OLD.status <> NEW.status AND (OLD.status <> 'closed' OR OLD.ends_at <> closed_until) THEN
        refusal := 'only the last closed period can be opened again';
    END IF;
    IF refusal IS NOT NULL THEN
        RAISE EXCEPTION 'Period % is refused: %', NEW.id, refusal
            USING ERRCODE = 'check_violation', TABLE = 'ledger_accountingperiod', CONSTRAINT = 'period_fits';
    END IF;
    RETURN NEW;
END $$
"""

CHECK_PERIOD_TRIGGER = """
CREATE TRIGGER ledger_check_period BEFORE INSERT OR UPDATE ON ledger_accountingperiod
FOR EACH ROW EXECUTE FUNCTION ledger_check_period()
"""

PERIOD_IDENTITY_TRIGGER = """
CREATE TRIGGER ledger_period_identity
BEFORE UPDATE OF id, merchant_id, starts_at, ends_at, closed_at, closed_by ON ledger_accountingperiod
FOR EACH STATEMENT EXECUTE FUNCTION foundation_refuse_change('a closed period may only be frozen or reopened')
"""

ADJUSTMENT_IDENTITY_TRIGGER = """
CREATE TRIGGER ledger_adjustment_identity
BEFORE UPDATE OF id, merchant_id, lines, effective_at, reason, reverses_id, parameters_hash, requested_by,
    requested_at ON ledger_manualadjustment
FOR EACH STATEMENT EXECUTE FUNCTION foundation_refuse_change('what was asked for does not change')
"""

ADJUSTMENT_DECIDED_TRIGGER = """
CREATE TRIGGER ledger_adjustment_decided BEFORE UPDATE ON ledger_manualadjustment
FOR EACH ROW WHEN (OLD.status <> 'requested')
EXECUTE FUNCTION foundation_refuse_change('the adjustment is decided')
"""


def _or_replace(sql: str) -> str:
    return sql.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


class Migration(migrations.Migration):

    dependencies = [
        ('foundation', '0004_merchant_index'),
        ('ledger', '0004_merchant_index'),
    ]

    operations = [
        migrations.CreateModel(
            name='AccountingPeriod',
            fields=[
                ('id', models.UUIDField(default=foundation.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('starts_at', models.DateTimeField(blank=True, null=True)),
                ('ends_at', models.DateTimeField()),
                ('status', django_fsm.FSMField(choices=[('closed', 'Closed'), ('reopened', 'Reopened')], default='closed', max_length=8, protected=True)),
                ('closed_at', models.DateTimeField(default=foundation.clock.now, editable=False)),
                ('closed_by', models.CharField(max_length=150)),
                ('frozen_at', models.DateTimeField(blank=True, null=True)),
                ('reopened_at', models.DateTimeField(blank=True, null=True)),
                ('reopened_by', models.CharField(blank=True, max_length=150)),
                ('reopen_reason', models.CharField(blank=True, max_length=500)),
                ('merchant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='foundation.merchant')),
            ],
            options={
                'verbose_name': 'period',
                'ordering': ('-id',),
                'abstract': False,
                'base_manager_name': 'across_merchants',
                'default_manager_name': 'across_merchants',
            },
            managers=[
                ('across_merchants', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='Exchange',
            fields=[
                ('id', models.UUIDField(default=foundation.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveSmallIntegerField(help_text='1, 2, …: within the entry.')),
                ('sold_minor', models.BigIntegerField()),
                ('sold_currency', models.CharField(max_length=3)),
                ('bought_minor', models.BigIntegerField()),
                ('bought_currency', models.CharField(max_length=3)),
                ('rate', models.DecimalField(decimal_places=18, max_digits=38)),
                ('rate_source', models.CharField(max_length=64)),
                ('quoted_at', models.DateTimeField()),
                ('created_at', models.DateTimeField(default=foundation.clock.now, editable=False)),
                ('entry', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='exchanges', to='ledger.journalentry')),
                ('merchant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='foundation.merchant')),
            ],
            options={
                'verbose_name': 'exchange',
                'ordering': ('entry_id', 'number'),
                'abstract': False,
                'base_manager_name': 'across_merchants',
                'default_manager_name': 'across_merchants',
            },
            managers=[
                ('across_merchants', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='ManualAdjustment',
            fields=[
                ('id', models.UUIDField(default=foundation.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('lines', models.JSONField()),
                ('effective_at', models.DateTimeField()),
                ('reason', models.CharField(max_length=500)),
                ('parameters_hash', models.CharField(max_length=64)),
                ('status', django_fsm.FSMField(choices=[('requested', 'Requested'), ('posted', 'Posted'), ('refused', 'Refused'), ('withdrawn', 'Withdrawn')], default='requested', max_length=9, protected=True)),
                ('requested_by', models.CharField(max_length=150)),
                ('requested_at', models.DateTimeField(default=foundation.clock.now, editable=False)),
                ('decided_by', models.CharField(blank=True, max_length=150)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('decision_note', models.CharField(blank=True, max_length=500)),
                ('entry', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='adjustments', to='ledger.journalentry')),
                ('merchant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='foundation.merchant')),
                ('reverses', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='asked_reversals', to='ledger.journalentry')),
            ],
            options={
                'verbose_name': 'adjustment',
                'ordering': ('-id',),
                'abstract': False,
                'base_manager_name': 'across_merchants',
                'default_manager_name': 'across_merchants',
            },
            managers=[
                ('across_merchants', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='PeriodBalance',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('debits', models.DecimalField(decimal_places=0, max_digits=38)),
                ('credits', models.DecimalField(decimal_places=0, max_digits=38)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='period_balances', to='ledger.ledgeraccount')),
                ('period', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='balances', to='ledger.accountingperiod')),
            ],
            options={
                'verbose_name': 'period balance',
            },
        ),
        migrations.AddConstraint(
            model_name='accountingperiod',
            constraint=models.UniqueConstraint(fields=('merchant', 'id'), name='period_tenant_key'),
        ),
        migrations.AddConstraint(
            model_name='accountingperiod',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'closed')), fields=('merchant', 'ends_at'), name='period_closed_once'),
        ),
        migrations.AddConstraint(
            model_name='accountingperiod',
            constraint=models.CheckConstraint(condition=models.Q(('starts_at__isnull', True), ('starts_at__lt', models.F('ends_at')), _connector='OR'), name='period_has_length'),
        ),
        migrations.AddConstraint(
            model_name='accountingperiod',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('reopened_at__isnull', True), ('reopened_by', ''), ('status', 'closed')), models.Q(('reopened_at__isnull', False), ('status', 'reopened'), models.Q(('reopened_by', ''), _negated=True), models.Q(('reopened_by', models.F('closed_by')), _negated=True), models.Q(('reopen_reason', ''), _negated=True)), _connector='OR'), name='period_reopened_by_another'),
        ),
        migrations.AddConstraint(
            model_name='exchange',
            constraint=models.UniqueConstraint(fields=('merchant', 'id'), name='exchange_tenant_key'),
        ),
        migrations.AddConstraint(
            model_name='exchange',
            constraint=foundation.tenancy.scoping.SameMerchant(field='entry', name='exchange_entry_same_merchant', to='ledger_journalentry'),
        ),
        migrations.AddConstraint(
            model_name='exchange',
            constraint=models.UniqueConstraint(fields=('merchant', 'entry', 'number'), name='exchange_number_once'),
        ),
        migrations.AddConstraint(
            model_name='exchange',
            constraint=models.CheckConstraint(condition=models.Q(('sold_minor__gt', 0), ('bought_minor__gt', 0), ('rate__gt', 0), models.Q(('sold_currency', models.F('bought_currency')), _negated=True)), name='exchange_turns_one_into_another'),
        ),
        migrations.AddConstraint(
            model_name='manualadjustment',
            constraint=models.UniqueConstraint(fields=('merchant', 'id'), name='adjustment_tenant_key'),
        ),
        migrations.AddConstraint(
            model_name='manualadjustment',
            constraint=foundation.tenancy.scoping.SameMerchant(field='reverses', name='adjustment_reverses_same_merchant', to='ledger_journalentry'),
        ),
        migrations.AddConstraint(
            model_name='manualadjustment',
            constraint=foundation.tenancy.scoping.SameMerchant(field='entry', name='adjustment_entry_same_merchant', to='ledger_journalentry'),
        ),
        migrations.AddConstraint(
            model_name='manualadjustment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('reason', ''), _negated=True), models.Q(('requested_by', ''), _negated=True)), name='adjustment_has_reason_and_maker'),
        ),
        migrations.AddConstraint(
            model_name='manualadjustment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('decided_by', ''), ('status', 'requested')), models.Q(('decided_at__isnull', False), ('status__in', ['posted', 'refused']), models.Q(('decided_by', ''), _negated=True), models.Q(('decided_by', models.F('requested_by')), _negated=True)), models.Q(('decided_at__isnull', False), ('decided_by', models.F('requested_by')), ('status', 'withdrawn')), _connector='OR'), name='adjustment_maker_is_not_checker'),
        ),
        migrations.AddConstraint(
            model_name='manualadjustment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('entry__isnull', False), ('status', 'posted')), models.Q(models.Q(('status', 'posted'), _negated=True), ('entry__isnull', True)), _connector='OR'), name='adjustment_posted_has_entry'),
        ),
        migrations.AddConstraint(
            model_name='periodbalance',
            constraint=models.UniqueConstraint(fields=('period', 'account'), name='period_balance_once'),
        ),
        migrations.RunSQL(POST_ENTRY, _or_replace(POSTING.POST_ENTRY)),
        migrations.RunSQL(POST_ENTRIES, _or_replace(POSTING.POST_ENTRIES)),
        migrations.RunSQL(CHECK_ENTRY, _or_replace(POSTING.CHECK_ENTRY)),
        migrations.RunSQL(CHECK_PERIOD, "DROP FUNCTION ledger_check_period()"),
        migrations.RunSQL(CHECK_PERIOD_TRIGGER, "DROP TRIGGER ledger_check_period ON ledger_accountingperiod"),
        migrations.RunSQL(
            PERIOD_IDENTITY_TRIGGER, "DROP TRIGGER ledger_period_identity ON ledger_accountingperiod"
        ),
        migrations.RunSQL(
            ADJUSTMENT_IDENTITY_TRIGGER, "DROP TRIGGER ledger_adjustment_identity ON ledger_manualadjustment"
        ),
        migrations.RunSQL(
            ADJUSTMENT_DECIDED_TRIGGER, "DROP TRIGGER ledger_adjustment_decided ON ledger_manualadjustment"
        ),
        NeverDeleted("ledger_accountingperiod"),
        NeverDeleted("ledger_manualadjustment"),
        AppendOnly("ledger_periodbalance"),
        AppendOnly("ledger_exchange"),
        Audited("ledger_accountingperiod"),
        Audited("ledger_manualadjustment"),
        Audited("ledger_exchange"),
    ]
