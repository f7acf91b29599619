"""Cases: what a machine may not decide waits here for a person."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from foundation import clock
from foundation.tenancy.scoping import TenantModel, same_merchant, tenant_key


class CaseKind(models.TextChoices):
    CONTRADICTION = "contradiction", "The PSP contradicts what was proven"
    AMOUNT_DIFFERS = "amount_differs", "The PSP moved another amount than asked for"
    CURRENCY_DIFFERS = "currency_differs", "The PSP answered in another currency"
    IN_DOUBT = "in_doubt", "Still unknown after the PSP's maximum report delay"
    UNMATCHED = "unmatched", "The PSP tells of a movement that we do not know"


class Case(TenantModel):
    """One open question about one movement. Evidence is what was seen, never a secret."""

    public_prefix = "case"

    kind = models.CharField(max_length=24, choices=CaseKind.choices)
    payment_intent = models.ForeignKey(
        "payments.PaymentIntent",
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="cases",
    )
    subject_kind = models.CharField(max_length=16)
    subject_id = models.UUIDField()
    evidence = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    resolved_at = models.DateTimeField(null=True, blank=True)
    trace_id = models.CharField(max_length=32, blank=True)

    class Meta(TenantModel.Meta):
        verbose_name = "case"
        ordering = ("-id",)
        constraints = [
            tenant_key("case"),
            same_merchant("case", "payment_intent", "payments_paymentintent"),
            # The same question is asked once, however often the PSP repeats itself.
            models.UniqueConstraint(
                fields=["merchant", "kind", "subject_kind", "subject_id"],
                condition=Q(resolved_at__isnull=True),
                name="case_asked_once",
            ),
        ]
