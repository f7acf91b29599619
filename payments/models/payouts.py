"""Payouts: what a PSP pays out to the merchant's bank, as the PSP tells of it; nothing here is asked for by us."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django_fsm import FSMField, transition

from foundation import clock
from foundation.money import Money
from foundation.tenancy.scoping import TenantModel, same_merchant, tenant_key


class PayoutStatus(models.TextChoices):
    PENDING = "pending"
    IN_TRANSIT = "in_transit"
    PAID = "paid"
    FAILED = "failed"
    CANCELED = "canceled"


S = PayoutStatus


class Payout(TenantModel):
    """Amount in minor units of `currency`; below zero where the PSP takes money from the bank account.

    created_at is the PSP's instant. arrival_on: the day the PSP expects it at the bank. arrived_at: when the bank's
    own statement says that it came. balance_currency: of the balance it left, where that is another currency; such a
    payout is kept and shown, and moves nothing in the books.
    """

    public_prefix = "po"

    psp_account = models.ForeignKey(
        "payments.PspAccount", db_constraint=False, on_delete=models.PROTECT, related_name="+"
    )
    psp_reference = models.CharField(max_length=255)
    status = FSMField(default=S.PENDING, choices=S.choices, protected=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    balance_currency = models.CharField(max_length=3, blank=True)
    is_automatic = models.BooleanField(default=True)
    statement_descriptor = models.CharField(max_length=255, blank=True)
    bank_trace = models.CharField(max_length=64, blank=True, help_text="The number the bank shows as well.")
    failure_code = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(editable=False)
    arrival_on = models.DateField()
    arrived_at = models.DateTimeField(null=True, blank=True)
    recorded_at = models.DateTimeField(default=clock.now, editable=False)
    sent_entry_id = models.UUIDField(null=True, blank=True, editable=False)
    arrival_entry_id = models.UUIDField(null=True, blank=True, editable=False)
    return_entry_id = models.UUIDField(null=True, blank=True, editable=False)
    request_id = models.CharField(max_length=40, blank=True, editable=False)
    trace_id = models.CharField(max_length=32, blank=True, editable=False)

    class Meta(TenantModel.Meta):
        verbose_name = "payout"
        ordering = ("-id",)
        constraints = [
            tenant_key("payout"),
            same_merchant("payout", "psp_account", "payments_pspaccount"),
            # However often and by whichever way the PSP tells of it.
            models.UniqueConstraint(
                fields=["merchant", "psp_account", "psp_reference"], name="payout_reference_once"
            ),
            models.CheckConstraint(condition=~Q(amount_minor=0), name="payout_amount_not_zero"),
        ]
        indexes = [
            models.Index(fields=["merchant", "-id"], name="payout_newest"),
            # An entry of the books leads back to its payout.
            models.Index(fields=["merchant", "sent_entry_id"], name="payout_by_entry"),
        ]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def is_foreign(self) -> bool:
        """Whether it left a balance of another currency: its rate is the PSP's, and not known here."""
        return self.balance_currency not in ("", self.currency)

    @transition(field=status, source=S.PENDING, target=S.IN_TRANSIT)
    def send(self) -> None:
        """The PSP handed it to the bank."""

    @transition(field=status, source=[S.PENDING, S.IN_TRANSIT], target=S.PAID)
    def arrive(self) -> None:
        """By the PSP's or the bank's word it is in the bank account."""

    @transition(field=status, source=[S.PENDING, S.IN_TRANSIT, S.PAID], target=S.FAILED)
    def come_back(self) -> None:
        """The bank sent the money back: the PSP owes it again."""

    @transition(field=status, source=S.PENDING, target=S.CANCELED)
    def cancel(self) -> None:
        """Withdrawn before the bank heard of it: the PSP owes it again."""
