"""Cases: what a machine may not decide waits here for a person, and what two people made of it."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django_fsm import FSMField, transition

from foundation import clock
from foundation.money import Money
from foundation.tenancy.scoping import TenantModel, same_merchant, tenant_key


class CaseKind(models.TextChoices):
    CONTRADICTION = "contradiction", "The PSP contradicts what was proven"
    AMOUNT_DIFFERS = "amount_differs", "The PSP moved another amount than asked for"
    CURRENCY_DIFFERS = "currency_differs", "The PSP answered in another currency"
    IN_DOUBT = "in_doubt", "Still unknown after the PSP's maximum report delay"
    UNMATCHED = "unmatched", "The PSP tells of a movement that we do not know"
    RENEWALS_MISSED = "renewals_missed", "More than one period of a subscription was missed"
    NUMBERS_MISSING = "numbers_missing", "A series of invoice numbers has a gap"
    LINE_DIFFERS = "line_differs", "A line of an invoice is not what its inputs come to"


class CaseEnding(models.TextChoices):
    """How a case ended."""

    PROVEN = "proven", "The PSP proved it meanwhile"
    RESOLVED = "resolved", "Resolved by two people"
    SETTLED = "settled", "Settled by a person, where it arose"


class Case(TenantModel):
    """One open question about one movement. Evidence is what was seen, never a secret.

    subject_kind: attempt, void, capture, increment, refund, setup_intent, webhook or line; of a line, subject_id is
    the break that the reconciliation opened for it.
    """

    public_prefix = "case"

    kind = models.CharField(max_length=24, choices=CaseKind.choices)
    payment_intent = models.ForeignKey(
        "payments.PaymentIntent",
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="cases",
    )
    subject_kind = models.CharField(max_length=16)
    subject_id = models.UUIDField()
    evidence = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    resolved_at = models.DateTimeField(null=True, blank=True)
    ending = models.CharField(max_length=8, choices=CaseEnding.choices, blank=True)
    trace_id = models.CharField(max_length=32, blank=True)

    class Meta(TenantModel.Meta):
        verbose_name = "case"
        ordering = ("-id",)
        constraints = [
            tenant_key("case"),
            same_merchant("case", "payment_intent", "payments_paymentintent"),
            # The same question is asked once, however often the PSP repeats itself.
            models.UniqueConstraint(
                fields=["merchant", "kind", "subject_kind", "subject_id"],
                condition=Q(resolved_at__isnull=True),
                name="case_asked_once",
            ),
        ]
        indexes = [
            models.Index(fields=["subject_id"], name="case_of_subject"),
            models.Index(fields=["created_at"], condition=Q(resolved_at__isnull=True), name="case_open"),
        ]


class CaseVerdict(models.TextChoices):
    HAPPENED = "happened", "It happened, with the amount asked for"
    OTHER_AMOUNT = "other_amount", "It happened, with another amount"
    DID_NOT_HAPPEN = "did_not_happen", "It did not happen"
    KEEP_OURS = "keep_ours", "Our books are right as they stand"


class CaseResolution(TenantModel):
    """What one person says became of a case's movement, with proof, for another person to approve.

    attempt: for what nobody knew, the charge that it belongs to. parameters_hash covers all that is approved;
    subject_version is the movement as the first person saw it: an approval holds for that and nothing else.
    """

    public_prefix = "caseres"

    class Status(models.TextChoices):
        REQUESTED = "requested"
        APPROVED = "approved"
        RECORDED = "recorded"
        REFUSED = "refused"
        WITHDRAWN = "withdrawn"
        LAPSED = "lapsed"

    case = models.ForeignKey(Case, db_constraint=False, on_delete=models.PROTECT, related_name="resolutions")
    verdict = models.CharField(max_length=16, choices=CaseVerdict.choices)
    amount_minor = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    attempt = models.ForeignKey(
        "payments.PaymentAttempt",
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    proof = models.CharField(max_length=1000, help_text="What was seen, and where.")
    proof_reference = models.CharField(max_length=255, help_text="The PSP's reference, ticket or file.")
    parameters_hash = models.CharField(max_length=64)
    subject_version = models.CharField(max_length=64)
    status = FSMField(max_length=9, choices=Status.choices, default=Status.REQUESTED, protected=True)
    requested_by = models.CharField(max_length=150)
    requested_at = models.DateTimeField(default=clock.now, editable=False)
    decided_by = models.CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_note = models.CharField(max_length=500, blank=True)
    recorded_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        verbose_name = "case resolution"
        ordering = ("-id",)
        constraints = [
            tenant_key("case_resolution"),
            same_merchant("case_resolution", "case", "payments_case"),
            same_merchant("case_resolution", "attempt", "payments_paymentattempt"),
            models.UniqueConstraint(
                fields=["merchant", "case"],
                condition=Q(status__in=["requested", "approved"]),
                name="case_resolution_one_at_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(proof="") & ~Q(proof_reference="") & ~Q(requested_by=""),
                name="case_resolution_has_proof_and_maker",
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__isnull=True, currency="") | Q(amount_minor__gt=0) & ~Q(currency=""),
                name="case_resolution_amount_has_currency",
            ),
            models.CheckConstraint(
                condition=Q(status="requested", decided_by="", decided_at__isnull=True)
                | Q(status__in=["approved", "recorded", "refused"], decided_at__isnull=False)
                & ~Q(decided_by="")
                & ~Q(decided_by=F("requested_by"))
                | Q(status="withdrawn", decided_at__isnull=False, decided_by=F("requested_by"))
                | Q(status="lapsed"),
                name="case_resolution_maker_is_not_checker",
            ),
            models.CheckConstraint(
                condition=Q(status="recorded", recorded_at__isnull=False)
                | ~Q(status="recorded") & Q(recorded_at__isnull=True),
                name="case_resolution_recorded_has_an_instant",
            ),
        ]

    @property
    def amount(self) -> Money | None:
        return None if self.amount_minor is None else Money(self.amount_minor, self.currency)

    @property
    def is_open(self) -> bool:
        return self.status in (self.Status.REQUESTED, self.Status.APPROVED)

    @transition(field=status, source=Status.REQUESTED, target=Status.APPROVED)
    def approve(self) -> None:
        """Another person agreed to exactly this; its outcome is about to be recorded."""

    @transition(field=status, source=Status.APPROVED, target=Status.RECORDED)
    def record(self) -> None:
        """The outcome went through the movement's one door."""

    @transition(field=status, source=Status.REQUESTED, target=Status.REFUSED)
    def refuse(self) -> None:
        """Another person said no."""

    @transition(field=status, source=Status.REQUESTED, target=Status.WITHDRAWN)
    def withdraw(self) -> None:
        """Whoever asked for it took it back."""

    @transition(field=status, source=[Status.REQUESTED, Status.APPROVED], target=Status.LAPSED)
    def lapse(self) -> None:
        """The movement is no longer what was looked at, or was proven meanwhile."""
