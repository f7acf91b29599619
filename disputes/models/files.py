"""Files that people upload as evidence: kept as they came, never changed."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from foundation import clock
from foundation.tenancy.scoping import TenantModel, tenant_key


class EvidenceFile(TenantModel):
    """Shown as Stripe's `file`. content_type: what the bytes are, not what the name says. size in bytes."""

    public_prefix = "file"

    purpose = models.CharField(max_length=32, default="dispute_evidence")
    filename = models.CharField(max_length=255)
    content_type = models.CharField(max_length=32)
    size = models.PositiveIntegerField()
    page_count = models.PositiveSmallIntegerField(default=1)
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()
    uploaded_by = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta(TenantModel.Meta):
        verbose_name = "file"
        ordering = ("-id",)
        constraints = [
            tenant_key("evidence_file"),
            models.CheckConstraint(condition=Q(size__gt=0), name="evidence_file_not_empty"),
        ]
        indexes = [models.Index(fields=["merchant", "-id"], name="evidence_file_newest")]
