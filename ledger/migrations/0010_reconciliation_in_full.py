"""Reconciliation from one run to the next: opening balances, open items, entries of breaks; the indexes it reads by."""

from importlib import import_module

import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.manager
import foundation.events.fields
import foundation.tenancy.scoping
from django.db import migrations, models

from foundation.audit.protection import AppendOnly

PROTECTION = import_module("ledger.migrations.0007_reconciliation_protection")

# One B-tree less for each match: the entry is looked up by the key, the line by the block ranges of its index.
KEY_BY_ENTRY = """
ALTER TABLE ledger_reconciliationmatch DROP CONSTRAINT ledger_reconciliationmatch_pkey;
ALTER TABLE ledger_reconciliationmatch ADD PRIMARY KEY (entry_id, line_id)
"""
KEY_BY_LINE = """
ALTER TABLE ledger_reconciliationmatch DROP CONSTRAINT ledger_reconciliationmatch_pkey;
ALTER TABLE ledger_reconciliationmatch ADD PRIMARY KEY (line_id, entry_id)
"""

# As migration 0007, with the columns that a line has gained.
LINE_IS_AS_TOLD = """
CREATE OR REPLACE TRIGGER ledger_line_is_as_told
BEFORE UPDATE OF id, merchant_id, statement_id, line_number, source, psp_account, line_key, occurrence, kind,
    reference, order_reference, currency, gross_minor, fee_minor, net_minor, occurred_at, available_at, description,
    original_currency, original_minor, exchange_rate
ON ledger_statementline FOR EACH STATEMENT
EXECUTE FUNCTION foundation_refuse_change('a line stays as it was told')
"""

# A break that was opened before speaks of the one entry it names.
FILL_BREAK_ENTRIES = """
INSERT INTO ledger_breakentry (merchant_id, broken_id, entry_id, currency, net_minor)
SELECT merchant_id, id, entry_id, currency, coalesce(book_minor, 0)
FROM ledger_reconciliationbreak WHERE entry_id IS NOT NULL;
UPDATE ledger_reconciliationbreak SET entry_count = 1 WHERE entry_id IS NOT NULL
"""


class Migration(migrations.Migration):

    dependencies = [
        ('foundation', '0005_seals'),
        ('ledger', '0009_whole_entries'),
    ]

    operations = [
        migrations.CreateModel(
            name='BooksProof',
            fields=[
                ('name', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('journal_after', models.UUIDField(null=True)),
                ('step', models.CharField(blank=True, max_length=64)),
                ('position', models.CharField(blank=True, max_length=64)),
                ('entries', models.BigIntegerField(default=0, help_text='Proven in all rounds.')),
                ('round_started_at', models.DateTimeField(null=True)),
                ('round_ended_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name': 'proof of the books',
                'verbose_name_plural': 'proofs of the books',
            },
        ),
        migrations.CreateModel(
            name='BreakEntry',
            fields=[
                ('pk', models.CompositePrimaryKey('entry_id', 'broken_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('currency', models.CharField(max_length=3)),
                ('net_minor', models.BigIntegerField()),
                ('broken', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='break_entries', to='ledger.reconciliationbreak')),
                ('entry', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.journalentry')),
                ('merchant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='foundation.merchant')),
            ],
            options={
                'verbose_name': 'entry of a break',
                'verbose_name_plural': 'entries of breaks',
                'base_manager_name': 'across_merchants',
                'default_manager_name': 'across_merchants',
            },
            managers=[
                ('across_merchants', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='OpenItem',
            fields=[
                ('pk', models.CompositePrimaryKey('merchant_id', 'source', 'entry_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('source', models.CharField(choices=[('psp', 'PSP'), ('bank', 'Bank')], max_length=4)),
                ('entry', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.journalentry')),
                ('merchant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='foundation.merchant')),
            ],
            options={
                'verbose_name': 'open item',
                'base_manager_name': 'across_merchants',
                'default_manager_name': 'across_merchants',
            },
            managers=[
                ('across_merchants', django.db.models.manager.Manager()),
            ],
        ),
        migrations.RemoveIndex(
            model_name='reconciliationmatch',
            name='reconciliation_match_entry',
        ),
        migrations.AddField(
            model_name='reconciliationbreak',
            name='entry_count',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='reconciliationrun',
            name='follows',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.reconciliationrun'),
        ),
        migrations.AddField(
            model_name='reconciliationrun',
            name='is_full',
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name='reconciliationrun',
            name='accounts_stated',
            field=models.PositiveIntegerField(default=0, help_text='PSP accounts with statements, by source.'),
        ),
        migrations.AddField(
            model_name='reconciliationrun',
            name='items_open',
            field=models.PositiveIntegerField(default=0, help_text='OpenItems that the run left.'),
        ),
        migrations.AddField(
            model_name='reconciliationrun',
            name='items_up_to',
            field=foundation.events.fields.Xid8Field(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='reconciliationrun',
            name='lines_up_to',
            field=models.BigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='reconciliationtie',
            name='open_breaks_minor',
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='statementline',
            name='exchange_rate',
            field=models.DecimalField(decimal_places=18, max_digits=38, null=True),
        ),
        migrations.AddField(
            model_name='statementline',
            name='original_currency',
            field=models.CharField(db_default='', max_length=3),
        ),
        migrations.AddField(
            model_name='statementline',
            name='original_minor',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddIndex(
            model_name='reconciliationbreak',
            index=models.Index(condition=models.Q(('status', 'written_off')), fields=['merchant'], name='reconciliation_break_ended'),
        ),
        migrations.AddIndex(
            model_name='reconciliationmatch',
            index=django.contrib.postgres.indexes.BrinIndex(autosummarize=True, fields=['line'], name='reconciliation_match_line', pages_per_range=8),
        ),
        migrations.AddIndex(
            model_name='reconciliationmatch',
            index=models.Index(condition=models.Q(('source', 'bank')), fields=['run'], name='reconciliation_match_arrivals'),
        ),
        migrations.AddIndex(
            model_name='reconciliationrun',
            index=models.Index(fields=['merchant', '-as_of_at', '-id'], name='reconciliation_run_as_of'),
        ),
        migrations.AddIndex(
            model_name='statementline',
            index=models.Index(fields=['merchant', 'reference'], name='statement_line_reference'),
        ),
        migrations.AddIndex(
            model_name='statementline',
            index=django.contrib.postgres.indexes.BrinIndex(autosummarize=True, fields=['statement'], name='statement_line_of_statement', pages_per_range=16),
        ),
        migrations.AddIndex(
            model_name='statementline',
            index=django.contrib.postgres.indexes.BrinIndex(autosummarize=True, fields=['occurred_at'], name='statement_line_occurred', pages_per_range=32),
        ),
        migrations.AddConstraint(
            model_name='reconciliationrun',
            constraint=foundation.tenancy.scoping.SameMerchant(field='follows', name='reconciliation_run_follows_same_merchant', to='ledger_reconciliationrun'),
        ),
        migrations.AlterField(
            model_name='reconciliationbreak',
            name='psp_account',
            field=models.CharField(max_length=64, verbose_name='PSP account'),
        ),
        migrations.AlterField(
            model_name='reconciliationtie',
            name='psp_account',
            field=models.CharField(max_length=64, verbose_name='PSP account'),
        ),
        migrations.AlterField(
            model_name='statement',
            name='psp_account',
            field=models.CharField(max_length=64, verbose_name='PSP account'),
        ),
        migrations.AlterField(
            model_name='statementline',
            name='psp_account',
            field=models.CharField(max_length=64, verbose_name='PSP account'),
        ),
        migrations.RunSQL(
            LINE_IS_AS_TOLD, PROTECTION.LINE_IS_AS_TOLD.replace("CREATE TRIGGER", "CREATE OR REPLACE TRIGGER")
        ),
        migrations.RunSQL(KEY_BY_ENTRY, KEY_BY_LINE),
        migrations.RunSQL(FILL_BREAK_ENTRIES, migrations.RunSQL.noop),
        AppendOnly("ledger_breakentry"),
    ]
