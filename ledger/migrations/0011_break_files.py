"""Files of breaks that people fill in, and what became of each row."""

import django.db.models.deletion
import django.db.models.manager
import django_fsm
import foundation.clock
import foundation.ids
from django.db import migrations, models

from foundation.audit.protection import Audited, NeverDeleted


class Migration(migrations.Migration):

    dependencies = [
        ('foundation', '0005_seals'),
        ('ledger', '0010_reconciliation_in_full'),
    ]

    operations = [
        migrations.CreateModel(
            name='BreakFile',
            fields=[
                ('id', models.UUIDField(default=foundation.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('status', django_fsm.FSMField(choices=[('previewed', 'Previewed'), ('committed', 'Committed'), ('done', 'Done')], default='previewed', max_length=10, protected=True)),
                ('file_name', models.CharField(blank=True, max_length=255)),
                ('row_count', models.PositiveIntegerField(default=0)),
                ('doable_count', models.PositiveIntegerField(default=0)),
                ('uploaded_by', models.CharField(max_length=150)),
                ('committed_by', models.CharField(blank=True, max_length=150)),
                ('may_write_off', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(default=foundation.clock.now, editable=False)),
                ('committed_at', models.DateTimeField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('merchant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='foundation.merchant')),
            ],
            options={
                'verbose_name': 'file of breaks',
                'verbose_name_plural': 'files of breaks',
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
            name='BreakFileRow',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('line_number', models.PositiveIntegerField()),
                ('broken_id', models.UUIDField(null=True)),
                ('named', models.CharField(max_length=64)),
                ('owner', models.CharField(blank=True, max_length=150)),
                ('explanation', models.CharField(blank=True, max_length=1000)),
                ('write_off_reason', models.CharField(blank=True, max_length=500)),
                ('problem', models.CharField(blank=True, max_length=255)),
                ('outcome', models.CharField(blank=True, max_length=255)),
                ('file', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='rows', to='ledger.breakfile')),
                ('merchant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='foundation.merchant')),
            ],
            options={
                'verbose_name': 'row',
                'ordering': ('file', 'line_number'),
                'base_manager_name': 'across_merchants',
                'default_manager_name': 'across_merchants',
            },
            managers=[
                ('across_merchants', django.db.models.manager.Manager()),
            ],
        ),
        migrations.AddConstraint(
            model_name='breakfile',
            constraint=models.UniqueConstraint(fields=('merchant', 'id'), name='break_file_tenant_key'),
        ),
        migrations.AddIndex(
            model_name='breakfilerow',
            index=models.Index(condition=models.Q(('outcome', '')), fields=['file', 'id'], name='break_file_row_waiting'),
        ),
        migrations.AddIndex(
            model_name='breakfilerow',
            index=models.Index(fields=['file', 'line_number'], name='break_file_row_shown'),
        ),
        migrations.AddConstraint(
            model_name='breakfilerow',
            constraint=models.UniqueConstraint(fields=('merchant', 'file', 'line_number'), name='break_file_row_once'),
        ),
        NeverDeleted("ledger_breakfile"),
        NeverDeleted("ledger_breakfilerow"),
        Audited("ledger_breakfile"),
    ]
