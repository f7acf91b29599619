"""What people decided about circuit breakers: kept here, because Redis may forget."""

from __future__ import annotations

from django.db import models

from foundation import clock
from foundation.tenancy.scoping import TenantModel, same_merchant, tenant_key


class BreakerPosition(models.TextChoices):
    AUTOMATIC = "automatic", "Automatic"
    OPEN = "open", "Forced open: no call leaves"
    CLOSED = "closed", "Forced closed: every call leaves"


class BreakerSwitch(TenantModel):
    """One decision about one circuit; the newest holds. Append-only."""

    public_prefix = "bsw"

    psp_account = models.ForeignKey(
        "payments.PspAccount", db_constraint=False, on_delete=models.PROTECT, related_name="+"
    )
    operation = models.CharField(max_length=24)
    position = models.CharField(max_length=16, choices=BreakerPosition.choices)
    reason = models.CharField(max_length=500)
    decided_by = models.CharField(max_length=128)
    decided_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta(TenantModel.Meta):
        verbose_name = "breaker switch"
        verbose_name_plural = "breakers"
        ordering = ("-id",)
        constraints = [
            tenant_key("breaker_switch"),
            same_merchant("breaker_switch", "psp_account", "payments_pspaccount"),
        ]


class PspEventCursor(TenantModel):
    """How far one account's list of events at the PSP has been read."""

    psp_account = models.ForeignKey(
        "payments.PspAccount", db_constraint=False, on_delete=models.PROTECT, related_name="+"
    )
    # The instant, by the PSP's clock, up to which every event is in the inbox.
    read_until = models.DateTimeField()
    polled_at = models.DateTimeField(null=True, blank=True)
    found_lost = models.PositiveIntegerField(
        default=0, help_text="Events that no webhook had brought, since the account began."
    )

    class Meta(TenantModel.Meta):
        verbose_name = "PSP event cursor"
        ordering = ("id",)
        constraints = [
            tenant_key("psp_event_cursor"),
            same_merchant("psp_event_cursor", "psp_account", "payments_pspaccount"),
            models.UniqueConstraint(fields=["merchant", "psp_account"], name="psp_event_cursor_once"),
        ]
