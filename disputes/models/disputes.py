"""Disputes: a cardholder's claim against a charge, as the PSP tells of it and as we answer it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django_fsm import FSMField, transition

from foundation import clock
from foundation.audit.history import PersonHistory
from foundation.money import Money
from foundation.tenancy.scoping import TenantModel, same_merchant, tenant_key


class DisputeStatus(models.TextChoices):
    WARNING_NEEDS_RESPONSE = "warning_needs_response", "Inquiry: needs a response"
    WARNING_UNDER_REVIEW = "warning_under_review", "Inquiry: under review"
    WARNING_CLOSED = "warning_closed", "Inquiry: closed"
    NEEDS_RESPONSE = "needs_response", "Needs a response"
    UNDER_REVIEW = "under_review", "Under review"
    WON = "won", "Won"
    LOST = "lost", "Lost"
    PREVENTED = "prevented", "Prevented"


class DisputeStage(models.TextChoices):
    INQUIRY = "inquiry", "Inquiry"
    CHARGEBACK = "chargeback", "Chargeback"
    SECOND_CHARGEBACK = "second_chargeback", "Second chargeback"
    PRE_ARBITRATION = "pre_arbitration", "Pre-arbitration"
    ARBITRATION = "arbitration", "Arbitration"


class ClosedBy(models.TextChoices):
    NETWORK = "network", "Decided by the network"
    ACCEPTED = "accepted", "Accepted by us"
    EXPIRED = "expired", "Not answered in time"


S = DisputeStatus
ASKED_ABOUT = [S.WARNING_NEEDS_RESPONSE, S.WARNING_UNDER_REVIEW, S.WARNING_CLOSED]


class Dispute(TenantModel):
    """Amount in minor units of `currency`, which may differ from the charge's and exceed it. money: the movements."""

    public_prefix = "dp"

    payment_intent = models.ForeignKey(
        "payments.PaymentIntent", db_constraint=False, on_delete=models.PROTECT, related_name="disputes"
    )
    attempt = models.ForeignKey(
        "payments.PaymentAttempt", db_constraint=False, on_delete=models.PROTECT, related_name="disputes"
    )
    psp_account = models.ForeignKey(
        "payments.PspAccount", db_constraint=False, on_delete=models.PROTECT, related_name="+"
    )
    psp_reference = models.CharField(max_length=255)
    status = FSMField(default=S.NEEDS_RESPONSE, choices=S.choices, protected=True)
    stage = models.CharField(max_length=20, choices=DisputeStage.choices, default=DisputeStage.CHARGEBACK)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=40, help_text="The claim in Stripe's categories.")
    network = models.CharField(max_length=20, blank=True)
    network_reason_code = models.CharField(max_length=16, blank=True)
    is_charge_refundable = models.BooleanField(default=False)
    exceeds_charge = models.BooleanField(
        default=False,
        help_text="More than was captured, or in another currency: claims were combined or converted.",
    )
    evidence = models.JSONField(default=dict, blank=True, help_text="Staged; what was sent is a submission.")
    evidence_due_at = models.DateTimeField(null=True, blank=True)
    submission_count = models.PositiveSmallIntegerField(default=0)
    closed_by = models.CharField(max_length=10, choices=ClosedBy.choices, blank=True)
    assigned_to = models.CharField(
        max_length=150, blank=True, help_text="User name of the agent who works on it."
    )
    metadata = models.JSONField(default=dict, blank=True)
    # Bound into approvals and confirmations: it rises with everything that a decision could depend on.
    version = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField(help_text="When the PSP says it was opened.")
    told_at = models.DateTimeField(help_text="The PSP's date of the newest report that was taken.")
    created_at = models.DateTimeField(default=clock.now, editable=False)
    closed_at = models.DateTimeField(null=True, blank=True)
    # The next moment at which the clock alone changes something: an alarm, the automatic answer, the end.
    next_action_at = models.DateTimeField(null=True, blank=True)
    alarmed_hours = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="The last alarm given, in hours before the deadline."
    )
    accepts_at = models.DateTimeField(
        null=True, blank=True, help_text="When a rule will accept it, unless a person answers before."
    )
    trace_id = models.CharField(max_length=32, blank=True, editable=False)

    history = PersonHistory(excluded_fields=["evidence"])

    class Meta(TenantModel.Meta):
        verbose_name = "dispute"
        ordering = ("-id",)
        constraints = [
            tenant_key("dispute"),
            same_merchant("dispute", "payment_intent", "payments_paymentintent"),
            same_merchant("dispute", "attempt", "payments_paymentattempt"),
            same_merchant("dispute", "psp_account", "payments_pspaccount"),
            models.UniqueConstraint(fields=["merchant", "psp_account", "psp_reference"], name="dispute_once"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="dispute_amount_positive"),
        ]
        indexes = [
            models.Index(fields=["attempt"], name="dispute_of_attempt"),
            models.Index(fields=["merchant", "-id"], name="dispute_newest"),
            models.Index(fields=["merchant", "status", "evidence_due_at"], name="dispute_queue"),
            models.Index(
                fields=["next_action_at"],
                condition=Q(next_action_at__isnull=False),
                name="dispute_due_action",
            ),
            models.Index(fields=["merchant", "opened_at"], name="dispute_by_opening"),
            models.Index(
                fields=["merchant", "evidence_due_at", "-id"],
                condition=Q(status__in=[S.NEEDS_RESPONSE, S.WARNING_NEEDS_RESPONSE]),
                name="dispute_unanswered_by_deadline",
            ),
            models.Index(
                fields=["merchant", "-amount_minor", "-id"],
                condition=Q(status__in=[S.NEEDS_RESPONSE, S.WARNING_NEEDS_RESPONSE]),
                name="dispute_unanswered_by_value",
            ),
            models.Index(
                fields=["merchant", "-closed_at", "-id"],
                condition=Q(closed_at__isnull=False),
                name="dispute_closed_newest",
            ),
            models.Index(
                fields=["merchant", "assigned_to", "evidence_due_at"],
                condition=Q(closed_at__isnull=True) & ~Q(assigned_to=""),
                name="dispute_of_colleague",
            ),
            models.Index(
                fields=["merchant", "network", "network_reason_code", "status"],
                condition=Q(submission_count__gt=0),
                name="dispute_fought",
            ),
            models.Index(fields=["psp_reference"], name="dispute_by_psp_reference"),
        ]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def is_answerable(self) -> bool:
        return self.status in (S.NEEDS_RESPONSE, S.WARNING_NEEDS_RESPONSE)

    @property
    def is_closed(self) -> bool:
        return self.status in (S.WON, S.LOST, S.PREVENTED, S.WARNING_CLOSED)

    @transition(field=status, source=[*ASKED_ABOUT, S.UNDER_REVIEW, S.WON, S.LOST], target=S.NEEDS_RESPONSE)
    def demand_response(self) -> None:
        """A chargeback, or the next stage of one, whatever the stage before came to: an answer is due."""

    @transition(field=status, source=[*ASKED_ABOUT, S.NEEDS_RESPONSE, S.WON, S.LOST], target=S.UNDER_REVIEW)
    def review(self) -> None:
        """The evidence is with the network."""

    @transition(field=status, source=S.WARNING_NEEDS_RESPONSE, target=S.WARNING_UNDER_REVIEW)
    def review_warning(self) -> None:
        """The answer to the inquiry is with the issuer."""

    @transition(
        field=status, source=[S.WARNING_NEEDS_RESPONSE, S.WARNING_UNDER_REVIEW], target=S.WARNING_CLOSED
    )
    def close_warning(self) -> None:
        """The inquiry ended without a chargeback."""

    @transition(field=status, source=[*ASKED_ABOUT, S.NEEDS_RESPONSE, S.UNDER_REVIEW, S.LOST], target=S.WON)
    def win(self) -> None:
        """The network decided for us; late, perhaps."""

    @transition(field=status, source=[*ASKED_ABOUT, S.NEEDS_RESPONSE, S.UNDER_REVIEW, S.WON], target=S.LOST)
    def lose(self) -> None:
        """Decided against us, accepted, or not answered in time; after a win, in a higher stage."""

    @transition(
        field=status, source=[*ASKED_ABOUT, S.NEEDS_RESPONSE, S.UNDER_REVIEW, S.LOST], target=S.PREVENTED
    )
    def prevent(self) -> None:
        """Refunded before it became a dispute: no fee, and no count against us."""
