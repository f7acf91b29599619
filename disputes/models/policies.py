"""What a merchant lets the machine decide about its disputes."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from foundation import clock
from foundation.audit.history import PersonHistory
from foundation.tenancy.scoping import TenantModel, same_merchant, tenant_key


class DisputePolicy(TenantModel):
    """One per merchant; none means that people decide everything. Amounts in minor units of `currency`."""

    public_prefix = "dpol"

    currency = models.CharField(max_length=3, help_text="Of the limit: what disputes are settled in.")
    auto_accept_below_minor = models.BigIntegerField(
        null=True, blank=True, help_text="Disputes strictly below it are accepted after 24 hours' notice."
    )
    conversion_rates = models.JSONField(
        default=dict,
        blank=True,
        help_text='Units of the settlement currency per unit of another, as text: {"jpy": "0.0065"}.',
    )
    refunds_fraud_warnings = models.BooleanField(default=False)
    dispute_fee_minor = models.BigIntegerField(
        default=1_500, help_text="What a dispute costs, in `currency`."
    )
    counter_fee_minor = models.BigIntegerField(
        default=0, help_text="What contesting one costs, in `currency`."
    )
    submits_staged_evidence = models.BooleanField(
        default=True, help_text="Send what is staged 24 hours before the deadline."
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)

    history = PersonHistory()

    class Meta(TenantModel.Meta):
        verbose_name = "dispute policy"
        verbose_name_plural = "dispute policies"
        ordering = ("-id",)
        constraints = [
            tenant_key("dispute_policy"),
            models.UniqueConstraint(fields=["merchant"], name="dispute_policy_one_per_merchant"),
            models.CheckConstraint(
                condition=Q(auto_accept_below_minor__isnull=True) | Q(auto_accept_below_minor__gte=0),
                name="dispute_policy_limit_not_negative",
            ),
        ]


class DisputeNote(TenantModel):
    """A colleague's word on a dispute; never sent to the PSP. Only grows."""

    public_prefix = "dnote"

    dispute = models.ForeignKey(
        "disputes.Dispute", db_constraint=False, on_delete=models.PROTECT, related_name="notes"
    )
    text = models.CharField(max_length=2_000)
    written_by = models.CharField(max_length=150)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta(TenantModel.Meta):
        verbose_name = "note"
        ordering = ("-id",)
        constraints = [
            tenant_key("dispute_note"),
            same_merchant("dispute_note", "dispute", "disputes_dispute"),
        ]
        indexes = [models.Index(fields=["dispute", "-id"], name="dispute_note_of")]


class PolicyKind(models.TextChoices):
    REFUND = "refund", "Refunds"
    CANCELLATION = "cancellation", "Cancellation"


class ShopPolicy(TenantModel):
    """A text that customers were shown, from a day on until the next of its kind. Only grows: a dispute asks what was
    in force when its purchase was made."""

    public_prefix = "spol"

    kind = models.CharField(max_length=12, choices=PolicyKind.choices)
    text = models.TextField()
    in_force_from = models.DateTimeField()
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta(TenantModel.Meta):
        verbose_name = "shop policy"
        verbose_name_plural = "shop policies"
        ordering = ("-in_force_from",)
        constraints = [
            tenant_key("shop_policy"),
            models.UniqueConstraint(
                fields=["merchant", "kind", "in_force_from"], name="shop_policy_one_at_a_time"
            ),
        ]


class EvidenceTemplate(TenantModel):
    """A text that agents reuse for one field of evidence."""

    public_prefix = "etpl"

    name = models.CharField(max_length=100)
    category = models.CharField(max_length=24, blank=True, help_text="Of the claim; empty for any.")
    field = models.CharField(max_length=40)
    text = models.TextField()
    created_at = models.DateTimeField(default=clock.now, editable=False)

    history = PersonHistory()

    class Meta(TenantModel.Meta):
        verbose_name = "evidence template"
        ordering = ("name",)
        constraints = [
            tenant_key("evidence_template"),
            models.UniqueConstraint(fields=["merchant", "name"], name="evidence_template_name_once"),
        ]
