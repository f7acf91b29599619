"""Routing's rows: rule sets, experiments, decisions, scores and back-tests. What they mean is in payments/routing."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django_fsm import FSMField, transition

from foundation import clock
from foundation.tenancy.scoping import TenantModel, same_merchant, tenant_key


class RoutingRuleSet(TenantModel):
    """Rules that take effect together. content_hash covers the rules and weights; an approval and an activation name
    it, and PostgreSQL refuses a change of what it covers once the set is no draft any more."""

    public_prefix = "rrs"

    class Status(models.TextChoices):
        DRAFT = "draft"
        APPROVED = "approved"
        ACTIVE = "active"
        RETIRED = "retired"

    name = models.CharField(max_length=100)
    # What a basis point of authorization, cost and latency is worth in the scores, in percent.
    weights = models.JSONField(default=dict, blank=True)
    content_hash = models.CharField(max_length=64, editable=False)
    status = FSMField(max_length=8, choices=Status.choices, default=Status.DRAFT, protected=True)
    # Whoever wrote the content as it is now.
    drafted_by = models.CharField(max_length=150)
    drafted_at = models.DateTimeField(default=clock.now, editable=False)
    approved_by = models.CharField(max_length=150, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    activated_by = models.CharField(max_length=150, blank=True)
    activated_at = models.DateTimeField(null=True, blank=True)
    retired_by = models.CharField(max_length=150, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta(TenantModel.Meta):
        verbose_name = "rule set"
        ordering = ("-id",)
        constraints = [
            tenant_key("routing_rule_set"),
            models.UniqueConstraint(
                fields=["merchant"], condition=Q(status="active"), name="routing_one_active_rule_set"
            ),
            models.CheckConstraint(condition=~Q(drafted_by=""), name="routing_rule_set_has_maker"),
            models.CheckConstraint(
                condition=Q(approved_by="", approved_at__isnull=True)
                | Q(approved_at__isnull=False) & ~Q(approved_by="") & ~Q(approved_by=F("drafted_by")),
                name="routing_maker_is_not_approver",
            ),
            models.CheckConstraint(
                condition=Q(activated_by="", activated_at__isnull=True)
                | Q(activated_at__isnull=False) & ~Q(activated_by="") & ~Q(activated_by=F("drafted_by")),
                name="routing_maker_is_not_activator",
            ),
            models.CheckConstraint(
                condition=Q(status="draft", approved_at__isnull=True)
                | Q(status="approved", approved_at__isnull=False)
                | Q(status="active", approved_at__isnull=False, activated_at__isnull=False)
                | Q(status="retired", retired_at__isnull=False),
                name="routing_rule_set_status_is_earned",
            ),
        ]

    @transition(field=status, source=Status.DRAFT, target=Status.APPROVED)
    def approve(self) -> None:
        """Another person read exactly this content and agrees."""

    @transition(field=status, source=Status.APPROVED, target=Status.ACTIVE)
    def activate(self) -> None:
        """Payments follow it from now on."""

    @transition(field=status, source=[Status.DRAFT, Status.APPROVED, Status.ACTIVE], target=Status.RETIRED)
    def retire(self) -> None:
        """No payment follows it any more, and it does not come back: copy it to a new draft."""


class RoutingRule(TenantModel):
    """One rule of a set, in its order. conditions and targets: payments/routing/rules.py reads them."""

    public_prefix = "rrl"

    rule_set = models.ForeignKey(
        RoutingRuleSet, db_constraint=False, on_delete=models.PROTECT, related_name="rules"
    )
    position = models.PositiveSmallIntegerField(help_text="The lowest is asked first.")
    name = models.CharField(max_length=100)
    conditions = models.JSONField(default=dict, blank=True)
    targets = models.JSONField()
    only = models.BooleanField(default=False)

    class Meta(TenantModel.Meta):
        verbose_name = "routing rule"
        ordering = ("rule_set", "position")
        constraints = [
            tenant_key("routing_rule"),
            same_merchant("routing_rule", "rule_set", "payments_routingruleset"),
            models.UniqueConstraint(
                fields=["merchant", "rule_set", "position"], name="routing_rule_position_once"
            ),
        ]


class RoutingExperiment(TenantModel):
    """Shares of the payments that go to different accounts, so that these can be compared. The first arm is what the
    others are compared with. Rates and differences in basis points."""

    public_prefix = "rex"

    class Status(models.TextChoices):
        DRAFT = "draft"
        RUNNING = "running"
        STOPPED = "stopped"

    name = models.CharField(max_length=100)
    hypothesis = models.CharField(max_length=500, blank=True)
    conditions = models.JSONField(default=dict, blank=True)
    arms = models.JSONField()
    is_sticky = models.BooleanField(default=False, help_text="A customer stays in one arm.")
    minimum_difference_bps = models.PositiveSmallIntegerField(
        default=300, help_text="The smallest difference worth finding; the sample size follows from it."
    )
    guardrail_bps = models.PositiveSmallIntegerField(
        default=0,
        help_text="The experiment stops once an arm is proven worse than the first by more than this.",
    )
    confidence_bps = models.PositiveSmallIntegerField(default=9_500)
    status = FSMField(max_length=7, choices=Status.choices, default=Status.DRAFT, protected=True)
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    started_by = models.CharField(max_length=150, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    stopped_by = models.CharField(max_length=150, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    stop_reason = models.CharField(max_length=500, blank=True)
    # What the guardrail saw when it last looked: rates, differences, bounds.
    last_look = models.JSONField(null=True, blank=True)
    last_look_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        verbose_name = "experiment"
        ordering = ("-id",)
        constraints = [
            tenant_key("routing_experiment"),
            models.UniqueConstraint(
                fields=["merchant"], condition=Q(status="running"), name="routing_one_running_experiment"
            ),
            models.CheckConstraint(
                condition=Q(confidence_bps__gte=8_000) & Q(confidence_bps__lte=9_999),
                name="routing_experiment_confidence_in_range",
            ),
            models.CheckConstraint(
                condition=Q(status="draft", started_at__isnull=True)
                | Q(status="running", started_at__isnull=False, stopped_at__isnull=True)
                | Q(status="stopped", stopped_at__isnull=False),
                name="routing_experiment_status_has_instants",
            ),
        ]

    @transition(field=status, source=Status.DRAFT, target=Status.RUNNING)
    def start(self) -> None:
        """Payments take part from now on."""

    @transition(field=status, source=[Status.DRAFT, Status.RUNNING], target=Status.STOPPED)
    def stop(self) -> None:
        """No payment takes part any more; what was found stays."""


class RoutingDecision(TenantModel):
    """Why an attempt went to its account: what was known, every account with its reason. Append-only."""

    public_prefix = "rtd"

    payment_intent = models.ForeignKey(
        "payments.PaymentIntent", db_constraint=False, on_delete=models.PROTECT, related_name="+"
    )
    attempt = models.ForeignKey(
        "payments.PaymentAttempt",
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    ordinal = models.PositiveSmallIntegerField(help_text="Of the attempt; above 1 it is a later try.")
    is_failover = models.BooleanField(
        default=False, help_text="Made by itself after another account refused."
    )
    psp_account = models.ForeignKey(
        "payments.PspAccount",
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    reason = models.CharField(max_length=500)
    rule_set = models.ForeignKey(
        RoutingRuleSet,
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    rule = models.CharField(max_length=100, blank=True)
    experiment = models.ForeignKey(
        RoutingExperiment,
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    arm = models.CharField(max_length=32, blank=True)
    # What was drawn: the payment, or the customer of a sticky experiment. The first decision of each counts.
    experiment_unit = models.UUIDField(null=True, blank=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    facts = models.JSONField()
    considered = models.JSONField()
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta(TenantModel.Meta):
        verbose_name = "routing decision"
        ordering = ("-id",)
        constraints = [
            tenant_key("routing_decision"),
            same_merchant("routing_decision", "payment_intent", "payments_paymentintent"),
            same_merchant("routing_decision", "attempt", "payments_paymentattempt"),
            same_merchant("routing_decision", "psp_account", "payments_pspaccount"),
            same_merchant("routing_decision", "rule_set", "payments_routingruleset"),
            same_merchant("routing_decision", "experiment", "payments_routingexperiment"),
            models.UniqueConstraint(fields=["merchant", "attempt"], name="routing_decision_once_per_attempt"),
        ]
        indexes = [
            models.Index(
                fields=["experiment", "experiment_unit", "id"],
                condition=Q(experiment__isnull=False),
                name="routing_decision_of_experiment",
            )
        ]


class RoutingScore(TenantModel):
    """Outcomes of one account in one segment within one span of ten minutes, counted anew while the span is young."""

    public_prefix = "rsc"

    psp_account = models.ForeignKey(
        "payments.PspAccount",
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    currency = models.CharField(max_length=3)
    brand = models.CharField(max_length=32, blank=True)
    country = models.CharField(max_length=2, blank=True)
    funding = models.CharField(max_length=16, blank=True)
    span_at = models.DateTimeField(help_text="When the span begins.")
    tried = models.PositiveIntegerField()
    authorized = models.PositiveIntegerField()
    latency_ms = models.PositiveBigIntegerField(help_text="Sum over the tried.")

    class Meta(TenantModel.Meta):
        verbose_name = "routing score"
        ordering = ("-span_at",)
        constraints = [
            tenant_key("routing_score"),
            same_merchant("routing_score", "psp_account", "payments_pspaccount"),
            models.UniqueConstraint(
                fields=["merchant", "span_at", "psp_account", "currency", "brand", "country", "funding"],
                name="routing_score_once_per_span",
            ),
            models.CheckConstraint(
                condition=Q(authorized__lte=F("tried")), name="routing_score_authorized_within_tried"
            ),
        ]
        indexes = [models.Index(fields=["span_at"], name="routing_score_by_span")]


class RoutingBacktest(TenantModel):
    """A rule set tried on recorded decisions, in slices: position is the last decision that was looked at."""

    public_prefix = "rbt"

    class Status(models.TextChoices):
        RUNNING = "running"
        DONE = "done"
        LAPSED = "lapsed"

    rule_set = models.ForeignKey(
        RoutingRuleSet, db_constraint=False, on_delete=models.PROTECT, related_name="backtests"
    )
    content_hash = models.CharField(max_length=64)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    status = FSMField(max_length=7, choices=Status.choices, default=Status.RUNNING, protected=True)
    position = models.UUIDField(null=True, blank=True)
    looked_at = models.PositiveIntegerField(default=0, help_text="Decisions so far.")
    changed = models.PositiveIntegerField(default=0)
    requested_by = models.CharField(max_length=150)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        verbose_name = "back-test"
        ordering = ("-id",)
        constraints = [
            tenant_key("routing_backtest"),
            same_merchant("routing_backtest", "rule_set", "payments_routingruleset"),
        ]

    @transition(field=status, source=Status.RUNNING, target=Status.DONE)
    def finish(self) -> None:
        """Every decision of its time was looked at."""

    @transition(field=status, source=Status.RUNNING, target=Status.LAPSED)
    def lapse(self) -> None:
        """The rules were rewritten before it was through."""


class RoutingBacktestChange(TenantModel):
    """A decision that the tried rule set would have made otherwise. to_account null: nobody could have taken it."""

    public_prefix = "rbc"

    backtest = models.ForeignKey(
        RoutingBacktest, db_constraint=False, on_delete=models.PROTECT, related_name="changes"
    )
    decision = models.ForeignKey(
        RoutingDecision, db_constraint=False, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    from_account = models.ForeignKey(
        "payments.PspAccount", db_constraint=False, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    to_account = models.ForeignKey(
        "payments.PspAccount",
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=500)

    class Meta(TenantModel.Meta):
        verbose_name = "back-test change"
        ordering = ("id",)
        constraints = [
            tenant_key("routing_backtest_change"),
            same_merchant("routing_backtest_change", "backtest", "payments_routingbacktest"),
            same_merchant("routing_backtest_change", "decision", "payments_routingdecision"),
            same_merchant("routing_backtest_change", "from_account", "payments_pspaccount"),
            same_merchant("routing_backtest_change", "to_account", "payments_pspaccount"),
            models.UniqueConstraint(
                fields=["merchant", "backtest", "decision"], name="routing_backtest_change_once"
            ),
        ]
