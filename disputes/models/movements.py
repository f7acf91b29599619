"""The money of a dispute: what the PSP moved, and what we then counted it as. Both only grow; each has its entry."""

from __future__ import annotations

from django.db import models

from foundation import clock
from foundation.money import Money
from foundation.tenancy.scoping import TenantModel, same_merchant, tenant_key


class DisputeFundMovement(TenantModel):
    """One movement of the PSP, booked once by its id. amount_minor: negative taken from us, positive given back.
    fee_minor: positive charged, negative returned. account: what the amount was booked against."""

    public_prefix = "dfm"

    dispute = models.ForeignKey(
        "disputes.Dispute", db_constraint=False, on_delete=models.PROTECT, related_name="movements"
    )
    psp_account = models.ForeignKey(
        "payments.PspAccount", db_constraint=False, on_delete=models.PROTECT, related_name="+"
    )
    movement_id = models.CharField(max_length=255, help_text="The PSP's id.")
    amount_minor = models.BigIntegerField()
    fee_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    is_counter_fee = models.BooleanField(default=False)
    account = models.CharField(max_length=64)
    ledger_entry_id = models.UUIDField(null=True, editable=False)
    occurred_at = models.DateTimeField()
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta(TenantModel.Meta):
        verbose_name = "fund movement"
        ordering = ("id",)
        constraints = [
            tenant_key("dispute_fund_movement"),
            same_merchant("dispute_fund_movement", "dispute", "disputes_dispute"),
            same_merchant("dispute_fund_movement", "psp_account", "payments_pspaccount"),
            models.UniqueConstraint(
                fields=["merchant", "psp_account", "movement_id"], name="dispute_fund_movement_once"
            ),
        ]
        indexes = [models.Index(fields=["dispute", "id"], name="dispute_fund_movement_of")]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def fee(self) -> Money:
        return Money(self.fee_minor, self.currency)


class DisputeRecount(TenantModel):
    """Money of a dispute that now counts as something else (lost: a loss), without any cash. amount_minor: what
    moved from from_account to to_account, positive while the PSP holds it."""

    public_prefix = "drc"

    dispute = models.ForeignKey(
        "disputes.Dispute", db_constraint=False, on_delete=models.PROTECT, related_name="recounts"
    )
    ordinal = models.PositiveSmallIntegerField()
    from_account = models.CharField(max_length=64)
    to_account = models.CharField(max_length=64)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    ledger_entry_id = models.UUIDField(editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta(TenantModel.Meta):
        verbose_name = "recount"
        ordering = ("id",)
        constraints = [
            tenant_key("dispute_recount"),
            same_merchant("dispute_recount", "dispute", "disputes_dispute"),
            models.UniqueConstraint(
                fields=["merchant", "dispute", "ordinal"], name="dispute_recount_ordinal_once"
            ),
        ]
