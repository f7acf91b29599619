"""Mandates: a customer's leave to charge a payment method later, as a PSP keeps it."""

from __future__ import annotations

from django.db import models

from foundation import clock
from foundation.tenancy.scoping import TenantModel, same_merchant, tenant_key


class MandateStatus(models.TextChoices):
    ACTIVE = "active"
    INACTIVE = "inactive"


class Mandate(TenantModel):
    """psp_reference: the mandate's id at that PSP. Written once; a later one of the same method stands beside it."""

    public_prefix = "mandate"

    payment_method = models.ForeignKey(
        "payments.PaymentMethod", db_constraint=False, on_delete=models.PROTECT, related_name="mandates"
    )
    psp_account = models.ForeignKey(
        "payments.PspAccount", db_constraint=False, on_delete=models.PROTECT, related_name="+"
    )
    psp_reference = models.CharField(max_length=255)
    type = models.CharField(max_length=16, default="multi_use")
    status = models.CharField(max_length=8, choices=MandateStatus.choices, default=MandateStatus.ACTIVE)
    # When and how the customer agreed: {"accepted_at", "type"}; never an address or a name.
    acceptance = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta(TenantModel.Meta):
        verbose_name = "mandate"
        ordering = ("-id",)
        constraints = [
            tenant_key("mandate"),
            same_merchant("mandate", "payment_method", "payments_paymentmethod"),
            same_merchant("mandate", "psp_account", "payments_pspaccount"),
            models.UniqueConstraint(
                fields=["merchant", "psp_account", "psp_reference"], name="mandate_once_per_account"
            ),
        ]
        indexes = [models.Index(fields=["payment_method"], name="mandate_of_method")]
