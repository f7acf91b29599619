"""What a remote tax provider said of a kind of sale: asked before an invoice is written, kept for when it is down."""

from __future__ import annotations

from django.db import models

from foundation.tenancy.scoping import TenantModel, tenant_key


class TaxAnswer(TenantModel):
    """The newest answer to one question. question: what was asked, as it was sent; question_hash: its SHA-256.

    rates: [{"key", "percentage", "inclusive", "jurisdiction", "taxability"}]; an empty list is an answer: no tax.
    """

    public_prefix = "taxa"

    question_hash = models.CharField(max_length=64)
    question = models.JSONField()
    rates = models.JSONField()
    answered_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        verbose_name = "tax answer"
        ordering = ("-answered_at",)
        constraints = [
            tenant_key("tax_answer"),
            models.UniqueConstraint(fields=["merchant", "question_hash"], name="tax_answer_once"),
        ]
