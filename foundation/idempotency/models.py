"""Idempotency keys: one row per merchant and key, written before the work and finished with its answer.

The statements that claim, resume and finish a row live in store.py; when they run, in runner.py.
"""

from __future__ import annotations

from django.db import models

from foundation import clock, ids
from foundation.tenancy.scoping import TenantModel

MAX_KEY_LENGTH = 255


class RecoveryPoint(models.TextChoices):
    """How far a request came; a repeat goes on from here."""

    STARTED = "started"
    ATTEMPT_PERSISTED = "attempt_persisted"
    PSP_DONE = "psp_done"
    FINISHED = "finished"


class IdempotencyKey(TenantModel):
    """A promise: the same key and the same request have one effect and get the same bytes.

    fencing_token rises with every resume; what a holder of an older token writes is ignored. response_body is
    encrypted with the merchant's data key: it may hold a secret that is shown once, and personal data.
    Leases are in the database's time: the clocks of two web servers may differ by minutes.
    """

    public_prefix = "idem"

    key = models.CharField(max_length=MAX_KEY_LENGTH, editable=False)
    request_hash = models.CharField(
        max_length=64, editable=False, help_text="SHA-256 of method, path and parameters."
    )
    method = models.CharField(max_length=8, editable=False)
    path = models.CharField(max_length=500, editable=False)
    recovery_point = models.CharField(
        max_length=20, choices=RecoveryPoint.choices, default=RecoveryPoint.STARTED, editable=False
    )
    reserved_id = models.UUIDField(
        default=ids.new_id, editable=False, help_text="The id the created object gets."
    )
    lease_until = models.DateTimeField(editable=False)
    fencing_token = models.PositiveIntegerField(default=1, editable=False)
    response_status = models.PositiveSmallIntegerField(null=True, editable=False)
    response_body = models.BinaryField(null=True, editable=False)
    request_id = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)

    class Meta(TenantModel.Meta):
        verbose_name = "idempotency key"
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(fields=["merchant", "key"], name="idempotency_key_once"),
            models.CheckConstraint(
                condition=models.Q(finished_at__isnull=True)
                | models.Q(response_status__isnull=False, response_body__isnull=False),
                name="idempotency_key_finished_has_answer",
            ),
        ]
        indexes = [models.Index(fields=["created_at"], name="idempotency_key_age")]
