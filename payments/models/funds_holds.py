"""Parts of a charge that are spoken for by a floor above, so that they can not be refunded as well."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from foundation import clock
from foundation.money import Money
from foundation.tenancy.scoping import TenantModel, same_merchant, tenant_key


class FundsHold(TenantModel):
    """One holder's claim on a charge, in minor units of the charge. holder: opaque here ("dispute" and its id)."""

    public_prefix = "fhold"

    attempt = models.ForeignKey(
        "payments.PaymentAttempt", db_constraint=False, on_delete=models.PROTECT, related_name="funds_holds"
    )
    holder_kind = models.CharField(max_length=16)
    holder_id = models.UUIDField()
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    released_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        verbose_name = "funds hold"
        ordering = ("-id",)
        constraints = [
            tenant_key("funds_hold"),
            same_merchant("funds_hold", "attempt", "payments_paymentattempt"),
            models.UniqueConstraint(
                fields=["merchant", "holder_kind", "holder_id"], name="funds_hold_one_per_holder"
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="funds_hold_amount_positive"),
        ]
        indexes = [
            models.Index(
                fields=["attempt"], condition=Q(released_at__isnull=True), name="funds_hold_of_attempt"
            )
        ]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)
