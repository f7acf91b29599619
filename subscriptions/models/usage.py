"""Meters and what they have counted."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from foundation import clock
from foundation.audit.history import PersonHistory
from foundation.tenancy.scoping import TenantModel, same_merchant, tenant_key
from subscriptions.pricing import Aggregation


class Meter(TenantModel):
    """What is counted under one event name, and how events become a quantity."""

    public_prefix = "mtr"

    display_name = models.CharField(max_length=250)
    event_name = models.CharField(max_length=100)
    aggregation = models.CharField(
        max_length=5, choices=[(a.value, a.value) for a in Aggregation], default=Aggregation.SUM.value
    )
    # Under which keys of an event's payload the customer and the value stand.
    customer_key = models.CharField(max_length=100, default="stripe_customer_id")
    value_key = models.CharField(max_length=100, default="value")
    deactivated_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    updated_at = models.DateTimeField(default=clock.now, editable=False)

    history = PersonHistory()

    class Meta(TenantModel.Meta):
        verbose_name = "meter"
        ordering = ("-id",)
        constraints = [
            tenant_key("meter"),
            models.UniqueConstraint(
                fields=["merchant", "event_name"],
                condition=Q(deactivated_at__isnull=True),
                name="meter_event_name_once",
            ),
        ]


class MeterEvent(TenantModel):
    """One count. identifier: the caller's own key, which makes sending it twice harmless.

    invoice_line: what billed it, set once. A late event, that its period's invoice no longer saw, has none yet and
    goes to the next one.
    """

    public_prefix = "mev"

    meter = models.ForeignKey(Meter, db_constraint=False, on_delete=models.PROTECT, related_name="events")
    customer = models.ForeignKey(
        "payments.Customer", db_constraint=False, on_delete=models.PROTECT, related_name="+"
    )
    identifier = models.CharField(max_length=100)
    value = models.DecimalField(max_digits=27, decimal_places=12)
    happened_at = models.DateTimeField()
    payload = models.JSONField(default=dict)
    invoice_line = models.ForeignKey(
        "subscriptions.InvoiceLine",
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="meter_events",
    )
    canceled_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta(TenantModel.Meta):
        verbose_name = "meter event"
        ordering = ("-id",)
        constraints = [
            tenant_key("meter_event"),
            same_merchant("meter_event", "meter", "subscriptions_meter"),
            same_merchant("meter_event", "customer", "payments_customer"),
            same_merchant("meter_event", "invoice_line", "subscriptions_invoiceline"),
            models.UniqueConstraint(fields=["merchant", "identifier"], name="meter_event_identifier_once"),
            models.CheckConstraint(
                condition=Q(canceled_at__isnull=True) | Q(invoice_line__isnull=True),
                name="meter_event_billed_or_canceled",
            ),
        ]
        indexes = [
            models.Index(
                fields=["meter", "customer", "happened_at"],
                condition=Q(invoice_line__isnull=True, canceled_at__isnull=True),
                name="meter_event_unbilled",
            ),
            models.Index(fields=["invoice_line"], name="meter_event_line"),
        ]
