"""Credit notes: the only way to change what a finalized invoice comes to."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django_fsm import FSMField, transition

from foundation import clock
from foundation.audit.history import PersonHistory
from foundation.money import Money
from foundation.tenancy.scoping import TenantModel, same_merchant, tenant_key


class CreditNoteStatus(models.TextChoices):
    ISSUED = "issued"
    VOID = "void"


class CreditNote(TenantModel):
    """pre_payment lowers what remains; the rest of the total is refund + balance + out of band, exactly."""

    public_prefix = "cn"

    invoice = models.ForeignKey(
        "subscriptions.Invoice", db_constraint=False, on_delete=models.PROTECT, related_name="credit_notes"
    )
    customer = models.ForeignKey(
        "payments.Customer", db_constraint=False, on_delete=models.PROTECT, related_name="+"
    )
    status = FSMField(default=CreditNoteStatus.ISSUED, choices=CreditNoteStatus.choices, protected=True)
    number = models.CharField(max_length=40)
    reason = models.CharField(max_length=24, blank=True)
    memo = models.CharField(max_length=5000, blank=True)
    currency = models.CharField(max_length=3)
    subtotal_minor = models.BigIntegerField()
    discount_minor = models.BigIntegerField(default=0)
    tax_minor = models.BigIntegerField(default=0)
    inclusive_tax_minor = models.BigIntegerField(default=0)
    total_minor = models.BigIntegerField()
    pre_payment_minor = models.BigIntegerField(default=0)
    refund_minor = models.BigIntegerField(default=0)
    balance_minor = models.BigIntegerField(default=0)
    out_of_band_minor = models.BigIntegerField(default=0)
    refund = models.ForeignKey(
        "payments.Refund",
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    ledger_entry_id = models.UUIDField(null=True, blank=True, editable=False)
    metadata = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    voided_at = models.DateTimeField(null=True, blank=True)
    request_id = models.CharField(max_length=40, blank=True, editable=False)
    trace_id = models.CharField(max_length=32, blank=True, editable=False)

    history = PersonHistory()

    class Meta(TenantModel.Meta):
        verbose_name = "credit note"
        ordering = ("-id",)
        constraints = [
            tenant_key("credit_note"),
            same_merchant("credit_note", "invoice", "subscriptions_invoice"),
            same_merchant("credit_note", "customer", "payments_customer"),
            same_merchant("credit_note", "refund", "payments_refund"),
            models.UniqueConstraint(fields=["merchant", "number"], name="credit_note_number_once"),
            models.CheckConstraint(
                condition=Q(total_minor__gt=0)
                & Q(total_minor=F("subtotal_minor") - F("discount_minor") + F("tax_minor")),
                name="credit_note_total_is_its_sum",
            ),
            models.CheckConstraint(
                condition=Q(
                    total_minor=F("pre_payment_minor")
                    + F("refund_minor")
                    + F("balance_minor")
                    + F("out_of_band_minor")
                )
                & Q(pre_payment_minor__gte=0, refund_minor__gte=0, balance_minor__gte=0)
                & Q(out_of_band_minor__gte=0),
                name="credit_note_is_split_exactly",
            ),
        ]
        indexes = [
            models.Index(fields=["invoice"], name="credit_note_invoice"),
            models.Index(fields=["customer", "-id"], name="credit_note_by_customer"),
        ]

    @property
    def total(self) -> Money:
        return Money(self.total_minor, self.currency)

    @transition(field=status, source=CreditNoteStatus.ISSUED, target=CreditNoteStatus.VOID)
    def void(self, at: datetime) -> None:
        """Taken back; it keeps its number."""
        self.voided_at = at


class CreditNoteLine(TenantModel):
    """What a note gives back of one invoice line; taxes as on the line."""

    public_prefix = "cnli"

    credit_note = models.ForeignKey(
        CreditNote, db_constraint=False, on_delete=models.PROTECT, related_name="lines"
    )
    ordinal = models.PositiveSmallIntegerField()
    invoice_line = models.ForeignKey(
        "subscriptions.InvoiceLine",
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="credit_note_lines",
    )
    description = models.CharField(max_length=500, blank=True)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    discount_minor = models.BigIntegerField(default=0)
    tax_minor = models.BigIntegerField(default=0)
    inclusive_tax_minor = models.BigIntegerField(default=0)
    # What of it was not earned yet: taken off the line's deferred revenue, and not out of income.
    deferred_minor = models.BigIntegerField(default=0)
    taxes = models.JSONField(default=list, blank=True)

    class Meta(TenantModel.Meta):
        verbose_name = "credit note line"
        ordering = ("ordinal",)
        constraints = [
            tenant_key("credit_note_line"),
            same_merchant("credit_note_line", "credit_note", "subscriptions_creditnote"),
            same_merchant("credit_note_line", "invoice_line", "subscriptions_invoiceline"),
            models.UniqueConstraint(
                fields=["merchant", "credit_note", "ordinal"], name="credit_note_line_ordinal_once"
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="credit_note_line_positive"),
        ]
        indexes = [models.Index(fields=["invoice_line"], name="credit_note_line_of")]
