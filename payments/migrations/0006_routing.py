"""Routing: rule sets, experiments, decisions, scores, back-tests.

Decisions only grow. What was approved, and what an experiment draws by, does not change any more: PostgreSQL refuses
it, so that a cached copy of either is as good as the row.
"""

import django.db.models.deletion
import django.db.models.manager
import django_fsm
import foundation.clock
import foundation.ids
import foundation.tenancy.scoping
from django.db import migrations, models

from foundation.audit.protection import AppendOnly, Audited, NeverDeleted

RULES_FROZEN = """
CREATE FUNCTION payments_routing_rule_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    parent uuid := CASE WHEN TG_OP = 'DELETE' THEN OLD.rule_set_id ELSE NEW.rule_set_id END;
    state text;
BEGIN
    -- Locked: a rule that is written while its set is being approved waits, and is then refused.
    SELECT status INTO state FROM payments_routingruleset WHERE id = parent FOR SHARE;
    IF state <> 'draft' OR TG_OP = 'UPDATE' THEN
        RAISE EXCEPTION 'Rules of set % are refused: only a draft takes other rules', parent
            USING ERRCODE = 'check_violation', TABLE = 'payments_routingrule', CONSTRAINT = 'routing_rules_frozen';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$
"""
RULES_TRIGGER = """
CREATE TRIGGER payments_routing_rule_frozen BEFORE INSERT OR UPDATE OR DELETE ON payments_routingrule
FOR EACH ROW EXECUTE FUNCTION payments_routing_rule_frozen()
"""
RULE_SET_TRIGGER = """
CREATE TRIGGER payments_routing_rule_set_frozen
BEFORE UPDATE OF id, merchant_id, weights, content_hash, drafted_by, drafted_at ON payments_routingruleset
FOR EACH ROW WHEN (OLD.status <> 'draft')
EXECUTE FUNCTION foundation_refuse_change('only a draft changes')
"""
EXPERIMENT_TRIGGER = """
CREATE TRIGGER payments_routing_experiment_frozen
BEFORE UPDATE OF id, merchant_id, conditions, arms, is_sticky, confidence_bps, guardrail_bps
ON payments_routingexperiment
FOR EACH ROW WHEN (OLD.status <> 'draft')
EXECUTE FUNCTION foundation_refuse_change('an experiment that was started does not change')
"""


class Migration(migrations.Migration):

    dependencies = [
        ('foundation', '0005_seals'),
        ('payments', '0005_guard'),
    ]

    operations = [
        migrations.CreateModel(
            name='RoutingBacktest',
            fields=[
                ('id', models.UUIDField(default=foundation.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('content_hash', models.CharField(max_length=64)),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('status', django_fsm.FSMField(choices=[('running', 'Running'), ('done', 'Done'), ('lapsed', 'Lapsed')], default='running', max_length=7, protected=True)),
                ('position', models.UUIDField(blank=True, null=True)),
                ('looked_at', models.PositiveIntegerField(default=0, help_text='Decisions so far.')),
                ('changed', models.PositiveIntegerField(default=0)),
                ('requested_by', models.CharField(max_length=150)),
                ('created_at', models.DateTimeField(default=foundation.clock.now, editable=False)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'verbose_name': 'back-test',
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
            name='RoutingBacktestChange',
            fields=[
                ('id', models.UUIDField(default=foundation.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('amount_minor', models.BigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('reason', models.CharField(max_length=500)),
            ],
            options={
                'verbose_name': 'back-test change',
                'ordering': ('id',),
                'abstract': False,
                'base_manager_name': 'across_merchants',
                'default_manager_name': 'across_merchants',
            },
            managers=[
                ('across_merchants', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='RoutingDecision',
            fields=[
                ('id', models.UUIDField(default=foundation.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('ordinal', models.PositiveSmallIntegerField(help_text='Of the attempt; above 1 it is a later try.')),
                ('is_failover', models.BooleanField(default=False, help_text='Made by itself after another account refused.')),
                ('reason', models.CharField(max_length=500)),
                ('rule', models.CharField(blank=True, max_length=100)),
                ('arm', models.CharField(blank=True, max_length=32)),
                ('experiment_unit', models.UUIDField(blank=True, null=True)),
                ('amount_minor', models.BigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('facts', models.JSONField()),
                ('considered', models.JSONField()),
                ('created_at', models.DateTimeField(default=foundation.clock.now, editable=False)),
            ],
            options={
                'verbose_name': 'routing decision',
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
            name='RoutingExperiment',
            fields=[
                ('id', models.UUIDField(default=foundation.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=100)),
                ('hypothesis', models.CharField(blank=True, max_length=500)),
                ('conditions', models.JSONField(blank=True, default=dict)),
                ('arms', models.JSONField()),
                ('is_sticky', models.BooleanField(default=False, help_text='A customer stays in one arm.')),
                ('minimum_difference_bps', models.PositiveSmallIntegerField(default=300, help_text='The smallest difference worth finding; the sample size follows from it.')),
                ('guardrail_bps', models.PositiveSmallIntegerField(default=0, help_text='The experiment stops once an arm is proven worse than the first by more than this.')),
                ('confidence_bps', models.PositiveSmallIntegerField(default=9500)),
                ('status', django_fsm.FSMField(choices=[('draft', 'Draft'), ('running', 'Running'), ('stopped', 'Stopped')], default='draft', max_length=7, protected=True)),
                ('created_by', models.CharField(max_length=150)),
                ('created_at', models.DateTimeField(default=foundation.clock.now, editable=False)),
                ('started_by', models.CharField(blank=True, max_length=150)),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('stopped_by', models.CharField(blank=True, max_length=150)),
                ('stopped_at', models.DateTimeField(blank=True, null=True)),
                ('stop_reason', models.CharField(blank=True, max_length=500)),
                ('last_look', models.JSONField(blank=True, null=True)),
                ('last_look_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'verbose_name': 'experiment',
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
            name='RoutingRule',
            fields=[
                ('id', models.UUIDField(default=foundation.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('position', models.PositiveSmallIntegerField(help_text='The lowest is asked first.')),
                ('name', models.CharField(max_length=100)),
                ('conditions', models.JSONField(blank=True, default=dict)),
                ('targets', models.JSONField()),
                ('only', models.BooleanField(default=False)),
            ],
            options={
                'verbose_name': 'routing rule',
                'ordering': ('rule_set', 'position'),
                'abstract': False,
                'base_manager_name': 'across_merchants',
                'default_manager_name': 'across_merchants',
            },
            managers=[
                ('across_merchants', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='RoutingRuleSet',
            fields=[
                ('id', models.UUIDField(default=foundation.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=100)),
                ('weights', models.JSONField(blank=True, default=dict)),
                ('content_hash', models.CharField(editable=False, max_length=64)),
                ('status', django_fsm.FSMField(choices=[('draft', 'Draft'), ('approved', 'Approved'), ('active', 'Active'), ('retired', 'Retired')], default='draft', max_length=8, protected=True)),
                ('drafted_by', models.CharField(max_length=150)),
                ('drafted_at', models.DateTimeField(default=foundation.clock.now, editable=False)),
                ('approved_by', models.CharField(blank=True, max_length=150)),
                ('approved_at', models.DateTimeField(blank=True, null=True)),
                ('activated_by', models.CharField(blank=True, max_length=150)),
                ('activated_at', models.DateTimeField(blank=True, null=True)),
                ('retired_by', models.CharField(blank=True, max_length=150)),
                ('retired_at', models.DateTimeField(blank=True, null=True)),
                ('note', models.CharField(blank=True, max_length=500)),
                ('created_at', models.DateTimeField(default=foundation.clock.now, editable=False)),
            ],
            options={
                'verbose_name': 'rule set',
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
            name='RoutingScore',
            fields=[
                ('id', models.UUIDField(default=foundation.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('currency', models.CharField(max_length=3)),
                ('brand', models.CharField(blank=True, max_length=32)),
                ('country', models.CharField(blank=True, max_length=2)),
                ('funding', models.CharField(blank=True, max_length=16)),
                ('span_at', models.DateTimeField(help_text='When the span begins.')),
                ('tried', models.PositiveIntegerField()),
                ('authorized', models.PositiveIntegerField()),
                ('latency_ms', models.PositiveBigIntegerField(help_text='Sum over the tried.')),
            ],
            options={
                'verbose_name': 'routing score',
                'ordering': ('-span_at',),
                'abstract': False,
                'base_manager_name': 'across_merchants',
                'default_manager_name': 'across_merchants',
            },
            managers=[
                ('across_merchants', django.db.models.manager.Manager()),
            ],
        ),
        migrations.AddField(
            model_name='historicalpaymentmethod',
            name='bin',
            field=models.CharField(blank=True, help_text="The card's first 6 or 8 digits, if a PSP tells.", max_length=8),
        ),
        migrations.AddField(
            model_name='historicalpspaccount',
            name='cost_model',
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name='historicalpspaccount',
            name='manual_capture',
            field=models.BooleanField(default=True, help_text='Takes authorizations that are captured later.'),
        ),
        migrations.AddField(
            model_name='historicalpspaccount',
            name='payment_method_types',
            field=models.JSONField(blank=True, default=list, help_text='Empty: all.'),
        ),
        migrations.AddField(
            model_name='paymentmethod',
            name='bin',
            field=models.CharField(blank=True, help_text="The card's first 6 or 8 digits, if a PSP tells.", max_length=8),
        ),
        migrations.AddField(
            model_name='pspaccount',
            name='cost_model',
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name='pspaccount',
            name='manual_capture',
            field=models.BooleanField(default=True, help_text='Takes authorizations that are captured later.'),
        ),
        migrations.AddField(
            model_name='pspaccount',
            name='payment_method_types',
            field=models.JSONField(blank=True, default=list, help_text='Empty: all.'),
        ),
        migrations.AddIndex(
            model_name='paymentattempt',
            index=models.Index(condition=models.Q(('decided_at__isnull', False)), fields=['decided_at'], name='payment_attempt_decided'),
        ),
        migrations.AddIndex(
            model_name='paymentmethod',
            index=models.Index(condition=models.Q(('fingerprint', ''), _negated=True), fields=['merchant', 'fingerprint'], name='payment_method_fingerprint'),
        ),
        migrations.AddField(
            model_name='routingbacktest',
            name='merchant',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='foundation.merchant'),
        ),
        migrations.AddField(
            model_name='routingbacktestchange',
            name='backtest',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='payments.routingbacktest'),
        ),
        migrations.AddField(
            model_name='routingbacktestchange',
            name='from_account',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='payments.pspaccount'),
        ),
        migrations.AddField(
            model_name='routingbacktestchange',
            name='merchant',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='foundation.merchant'),
        ),
        migrations.AddField(
            model_name='routingbacktestchange',
            name='to_account',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='payments.pspaccount'),
        ),
        migrations.AddField(
            model_name='routingdecision',
            name='attempt',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='payments.paymentattempt'),
        ),
        migrations.AddField(
            model_name='routingdecision',
            name='merchant',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='foundation.merchant'),
        ),
        migrations.AddField(
            model_name='routingdecision',
            name='payment_intent',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='payments.paymentintent'),
        ),
        migrations.AddField(
            model_name='routingdecision',
            name='psp_account',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='payments.pspaccount'),
        ),
        migrations.AddField(
            model_name='routingbacktestchange',
            name='decision',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='payments.routingdecision'),
        ),
        migrations.AddField(
            model_name='routingexperiment',
            name='merchant',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='foundation.merchant'),
        ),
        migrations.AddField(
            model_name='routingdecision',
            name='experiment',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='payments.routingexperiment'),
        ),
        migrations.AddField(
            model_name='routingrule',
            name='merchant',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='foundation.merchant'),
        ),
        migrations.AddField(
            model_name='routingruleset',
            name='merchant',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='foundation.merchant'),
        ),
        migrations.AddField(
            model_name='routingrule',
            name='rule_set',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='rules', to='payments.routingruleset'),
        ),
        migrations.AddField(
            model_name='routingdecision',
            name='rule_set',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='payments.routingruleset'),
        ),
        migrations.AddField(
            model_name='routingbacktest',
            name='rule_set',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='backtests', to='payments.routingruleset'),
        ),
        migrations.AddField(
            model_name='routingscore',
            name='merchant',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='foundation.merchant'),
        ),
        migrations.AddField(
            model_name='routingscore',
            name='psp_account',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='payments.pspaccount'),
        ),
        migrations.AddConstraint(
            model_name='routingbacktestchange',
            constraint=models.UniqueConstraint(fields=('merchant', 'id'), name='routing_backtest_change_tenant_key'),
        ),
        migrations.AddConstraint(
            model_name='routingbacktestchange',
            constraint=foundation.tenancy.scoping.SameMerchant(field='backtest', name='routing_backtest_change_backtest_same_merchant', to='payments_routingbacktest'),
        ),
        migrations.AddConstraint(
            model_name='routingbacktestchange',
            constraint=foundation.tenancy.scoping.SameMerchant(field='decision', name='routing_backtest_change_decision_same_merchant', to='payments_routingdecision'),
        ),
        migrations.AddConstraint(
            model_name='routingbacktestchange',
            constraint=foundation.tenancy.scoping.SameMerchant(field='from_account', name='routing_backtest_change_from_account_same_merchant', to='payments_pspaccount'),
        ),
        migrations.AddConstraint(
            model_name='routingbacktestchange',
            constraint=foundation.tenancy.scoping.SameMerchant(field='to_account', name='routing_backtest_change_to_account_same_merchant', to='payments_pspaccount'),
        ),
        migrations.AddConstraint(
            model_name='routingbacktestchange',
            constraint=models.UniqueConstraint(fields=('merchant', 'backtest', 'decision'), name='routing_backtest_change_once'),
        ),
        migrations.AddConstraint(
            model_name='routingexperiment',
            constraint=models.UniqueConstraint(fields=('merchant', 'id'), name='routing_experiment_tenant_key'),
        ),
        migrations.AddConstraint(
            model_name='routingexperiment',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'running')), fields=('merchant',), name='routing_one_running_experiment'),
        ),
        migrations.AddConstraint(
            model_name='routingexperiment',
            constraint=models.CheckConstraint(condition=models.Q(('confidence_bps__gte', 8000), ('confidence_bps__lte', 9999)), name='routing_experiment_confidence_in_range'),
        ),
        migrations.AddConstraint(
            model_name='routingexperiment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('started_at__isnull', True), ('status', 'draft')), models.Q(('started_at__isnull', False), ('status', 'running'), ('stopped_at__isnull', True)), models.Q(('status', 'stopped'), ('stopped_at__isnull', False)), _connector='OR'), name='routing_experiment_status_has_instants'),
        ),
        migrations.AddConstraint(
            model_name='routingruleset',
            constraint=models.UniqueConstraint(fields=('merchant', 'id'), name='routing_rule_set_tenant_key'),
        ),
        migrations.AddConstraint(
            model_name='routingruleset',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'active')), fields=('merchant',), name='routing_one_active_rule_set'),
        ),
        migrations.AddConstraint(
            model_name='routingruleset',
            constraint=models.CheckConstraint(condition=models.Q(('drafted_by', ''), _negated=True), name='routing_rule_set_has_maker'),
        ),
        migrations.AddConstraint(
            model_name='routingruleset',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('approved_at__isnull', True), ('approved_by', '')), models.Q(('approved_at__isnull', False), models.Q(('approved_by', ''), _negated=True), models.Q(('approved_by', models.F('drafted_by')), _negated=True)), _connector='OR'), name='routing_maker_is_not_approver'),
        ),
        migrations.AddConstraint(
            model_name='routingruleset',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('activated_at__isnull', True), ('activated_by', '')), models.Q(('activated_at__isnull', False), models.Q(('activated_by', ''), _negated=True), models.Q(('activated_by', models.F('drafted_by')), _negated=True)), _connector='OR'), name='routing_maker_is_not_activator'),
        ),
        migrations.AddConstraint(
            model_name='routingruleset',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('approved_at__isnull', True), ('status', 'draft')), models.Q(('approved_at__isnull', False), ('status', 'approved')), models.Q(('activated_at__isnull', False), ('approved_at__isnull', False), ('status', 'active')), models.Q(('retired_at__isnull', False), ('status', 'retired')), _connector='OR'), name='routing_rule_set_status_is_earned'),
        ),
        migrations.AddConstraint(
            model_name='routingrule',
            constraint=models.UniqueConstraint(fields=('merchant', 'id'), name='routing_rule_tenant_key'),
        ),
        migrations.AddConstraint(
            model_name='routingrule',
            constraint=foundation.tenancy.scoping.SameMerchant(field='rule_set', name='routing_rule_rule_set_same_merchant', to='payments_routingruleset'),
        ),
        migrations.AddConstraint(
            model_name='routingrule',
            constraint=models.UniqueConstraint(fields=('merchant', 'rule_set', 'position'), name='routing_rule_position_once'),
        ),
        migrations.AddIndex(
            model_name='routingdecision',
            index=models.Index(condition=models.Q(('experiment__isnull', False)), fields=['experiment', 'experiment_unit', 'id'], name='routing_decision_of_experiment'),
        ),
        migrations.AddConstraint(
            model_name='routingdecision',
            constraint=models.UniqueConstraint(fields=('merchant', 'id'), name='routing_decision_tenant_key'),
        ),
        migrations.AddConstraint(
            model_name='routingdecision',
            constraint=foundation.tenancy.scoping.SameMerchant(field='payment_intent', name='routing_decision_payment_intent_same_merchant', to='payments_paymentintent'),
        ),
        migrations.AddConstraint(
            model_name='routingdecision',
            constraint=foundation.tenancy.scoping.SameMerchant(field='attempt', name='routing_decision_attempt_same_merchant', to='payments_paymentattempt'),
        ),
        migrations.AddConstraint(
            model_name='routingdecision',
            constraint=foundation.tenancy.scoping.SameMerchant(field='psp_account', name='routing_decision_psp_account_same_merchant', to='payments_pspaccount'),
        ),
        migrations.AddConstraint(
            model_name='routingdecision',
            constraint=foundation.tenancy.scoping.SameMerchant(field='rule_set', name='routing_decision_rule_set_same_merchant', to='payments_routingruleset'),
        ),
        migrations.AddConstraint(
            model_name='routingdecision',
            constraint=foundation.tenancy.scoping.SameMerchant(field='experiment', name='routing_decision_experiment_same_merchant', to='payments_routingexperiment'),
        ),
        migrations.AddConstraint(
            model_name='routingdecision',
            constraint=models.UniqueConstraint(fields=('merchant', 'attempt'), name='routing_decision_once_per_attempt'),
        ),
        migrations.AddConstraint(
            model_name='routingbacktest',
            constraint=models.UniqueConstraint(fields=('merchant', 'id'), name='routing_backtest_tenant_key'),
        ),
        migrations.AddConstraint(
            model_name='routingbacktest',
            constraint=foundation.tenancy.scoping.SameMerchant(field='rule_set', name='routing_backtest_rule_set_same_merchant', to='payments_routingruleset'),
        ),
        migrations.AddIndex(
            model_name='routingscore',
            index=models.Index(fields=['span_at'], name='routing_score_by_span'),
        ),
        migrations.AddConstraint(
            model_name='routingscore',
            constraint=models.UniqueConstraint(fields=('merchant', 'id'), name='routing_score_tenant_key'),
        ),
        migrations.AddConstraint(
            model_name='routingscore',
            constraint=foundation.tenancy.scoping.SameMerchant(field='psp_account', name='routing_score_psp_account_same_merchant', to='payments_pspaccount'),
        ),
        migrations.AddConstraint(
            model_name='routingscore',
            constraint=models.UniqueConstraint(fields=('merchant', 'span_at', 'psp_account', 'currency', 'brand', 'country', 'funding'), name='routing_score_once_per_span'),
        ),
        migrations.AddConstraint(
            model_name='routingscore',
            constraint=models.CheckConstraint(condition=models.Q(('authorized__lte', models.F('tried'))), name='routing_score_authorized_within_tried'),
        ),
        AppendOnly("payments_routingdecision"),
        NeverDeleted("payments_routingruleset"),
        NeverDeleted("payments_routingexperiment"),
        Audited("payments_routingruleset"),
        Audited("payments_routingrule"),
        Audited("payments_routingexperiment", exclude=("last_look", "last_look_at")),
        migrations.RunSQL(RULES_FROZEN, "DROP FUNCTION payments_routing_rule_frozen()"),
        migrations.RunSQL(RULES_TRIGGER, "DROP TRIGGER payments_routing_rule_frozen ON payments_routingrule"),
        migrations.RunSQL(
            RULE_SET_TRIGGER, "DROP TRIGGER payments_routing_rule_set_frozen ON payments_routingruleset"
        ),
        migrations.RunSQL(
            EXPERIMENT_TRIGGER, "DROP TRIGGER payments_routing_experiment_frozen ON payments_routingexperiment"
        ),
    ]
