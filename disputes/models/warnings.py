"""Early fraud warnings: an issuer's report of fraud on a charge that nobody has disputed yet."""

from __future__ import annotations

from django.db import models

from foundation import clock
from foundation.tenancy.scoping import TenantModel, same_merchant, tenant_key


class FraudWarning(TenantModel):
    """is_actionable: a refund could still prevent a dispute: not disputed, not refunded in full."""

    public_prefix = "issfr"

    payment_intent = models.ForeignKey(
        "payments.PaymentIntent", db_constraint=False, on_delete=models.PROTECT, related_name="fraud_warnings"
    )
    attempt = models.ForeignKey(
        "payments.PaymentAttempt",
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="fraud_warnings",
    )
    psp_account = models.ForeignKey(
        "payments.PspAccount", db_constraint=False, on_delete=models.PROTECT, related_name="+"
    )
    psp_reference = models.CharField(max_length=255)
    fraud_type = models.CharField(max_length=40)
    is_actionable = models.BooleanField(default=True)
    opened_at = models.DateTimeField()
    created_at = models.DateTimeField(default=clock.now, editable=False)
    refund_id = models.UUIDField(null=True, blank=True, help_text="The refund that a rule made of it.")

    class Meta(TenantModel.Meta):
        verbose_name = "early fraud warning"
        ordering = ("-id",)
        constraints = [
            tenant_key("fraud_warning"),
            same_merchant("fraud_warning", "payment_intent", "payments_paymentintent"),
            same_merchant("fraud_warning", "attempt", "payments_paymentattempt"),
            same_merchant("fraud_warning", "psp_account", "payments_pspaccount"),
            models.UniqueConstraint(
                fields=["merchant", "psp_account", "psp_reference"], name="fraud_warning_once"
            ),
        ]
        indexes = [models.Index(fields=["attempt"], name="fraud_warning_of_attempt")]
