"""Hold: an amount set aside and not yet moved (an authorization), mirrored by memo postings."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django_fsm import FSMField, transition

from foundation import clock
from foundation.money import Money
from foundation.tenancy.scoping import TenantModel, tenant_key


class Hold(TenantModel):
    """amount = posted + released + remaining, in minor units. Pending exactly while something remains.

    posted: at least a part was posted; released and expired: nothing ever was. The memo accounts carry
    `remaining`.
    """

    public_prefix = "hold"

    class Status(models.TextChoices):
        PENDING = "pending"
        POSTED = "posted"
        RELEASED = "released"
        EXPIRED = "expired"

    # 100: with a settlement's reference beside it, it fits into the reference of an entry.
    reference = models.CharField(max_length=100)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    posted_minor = models.BigIntegerField(default=0)
    released_minor = models.BigIntegerField(default=0)
    remaining_minor = models.BigIntegerField()
    status = FSMField(max_length=8, choices=Status.choices, default=Status.PENDING, protected=True)
    source_kind = models.CharField(max_length=64, blank=True)
    source_id = models.UUIDField(null=True, blank=True)
    external_reference = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        verbose_name = "hold"
        ordering = ("-id",)
        constraints = [
            tenant_key("hold"),
            models.UniqueConstraint(fields=["merchant", "reference"], name="hold_reference_once"),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0)
                & Q(posted_minor__gte=0)
                & Q(released_minor__gte=0)
                & Q(remaining_minor__gte=0)
                & Q(amount_minor=F("posted_minor") + F("released_minor") + F("remaining_minor")),
                name="hold_parts_make_the_whole",
            ),
            models.CheckConstraint(
                condition=Q(status="pending", remaining_minor__gt=0)
                | Q(status="posted", remaining_minor=0, posted_minor__gt=0)
                | Q(status__in=["released", "expired"], remaining_minor=0, posted_minor=0),
                name="hold_status_follows_parts",
            ),
        ]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def remaining(self) -> Money:
        return Money(self.remaining_minor, self.currency)

    @transition(field=status, source=Status.PENDING, target=Status.POSTED)
    def post(self) -> None:
        """Nothing remains, and something was posted."""

    @transition(field=status, source=Status.PENDING, target=Status.RELEASED)
    def release(self) -> None:
        """Given back whole, because somebody said so."""

    @transition(field=status, source=Status.PENDING, target=Status.EXPIRED)
    def expire(self) -> None:
        """Given back whole, because time ran out."""
