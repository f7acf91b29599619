"""Payments of invoices that were disputed: what the invoice is owed again because of it."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django_fsm import FSMField, transition

from foundation import clock
from foundation.money import Money
from foundation.tenancy.scoping import TenantModel, same_merchant, tenant_key


class DisputedPaymentStatus(models.TextChoices):
    CLAIMED = "claimed", "The bank has it; the invoice is owed again"
    LOST = "lost", "Lost; the invoice stays owed"
    RESTORED = "restored", "Given back"


D = DisputedPaymentStatus


class DisputedPayment(TenantModel):
    """dispute_id: of the floor beside this one, which it does not know. amount_minor: what the invoice is owed again.

    told_position: of the newest event that was heard, so that an older one that comes again changes nothing.
    """

    public_prefix = "indp"

    invoice = models.ForeignKey(
        "subscriptions.Invoice", db_constraint=False, on_delete=models.PROTECT, related_name="+"
    )
    invoice_payment = models.ForeignKey(
        "subscriptions.InvoicePayment", db_constraint=False, on_delete=models.PROTECT, related_name="+"
    )
    dispute_id = models.UUIDField()
    status = FSMField(default=D.CLAIMED, choices=D.choices, protected=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    # What is not the invoice's any more when it comes back late: it became the customer's credit.
    credited_minor = models.BigIntegerField(default=0)
    # How often it was claimed: a restored payment may be claimed once more by a second chargeback.
    round = models.PositiveSmallIntegerField(default=1)
    told_position = models.BigIntegerField()
    has_paused = models.BooleanField(default=False, help_text="The subscription's collection waits for it.")
    created_at = models.DateTimeField(default=clock.now, editable=False)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        verbose_name = "disputed payment"
        ordering = ("-id",)
        constraints = [
            tenant_key("disputed_payment"),
            same_merchant("disputed_payment", "invoice", "subscriptions_invoice"),
            same_merchant("disputed_payment", "invoice_payment", "subscriptions_invoicepayment"),
            models.UniqueConstraint(
                fields=["merchant", "dispute_id"], name="disputed_payment_once_per_dispute"
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="disputed_payment_positive"),
        ]
        indexes = [models.Index(fields=["invoice"], name="disputed_payment_invoice")]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @transition(field=status, source=D.CLAIMED, target=D.LOST)
    def lose(self, at: datetime) -> None:
        """The bank keeps it."""
        self.decided_at = at

    @transition(field=status, source=[D.CLAIMED, D.LOST], target=D.RESTORED)
    def restore(self, at: datetime) -> None:
        """Won, late or not, or taken back by the customer."""
        self.decided_at = at

    @transition(field=status, source=D.RESTORED, target=D.CLAIMED)
    def claim_again(self) -> None:
        """A further stage of the same dispute has taken the money once more."""
        self.decided_at = None
        self.round += 1
