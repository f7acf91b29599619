"""A merchant's data key, wrapped by a key-encryption key. Plain keys never reach the database."""

from __future__ import annotations

from django.db import models

from foundation import clock
from foundation.tenancy.scoping import TenantModel


class DataKey(TenantModel):
    """The AES-256 key of one merchant. Its id is part of every ciphertext made with it.

    wrapped_key: the key encrypted under the key-encryption key named by wrapping_key_id, as base64url text.
    """

    public_prefix = "dk"

    wrapped_key = models.TextField(editable=False)
    wrapping_key_id = models.CharField(max_length=64, editable=False, db_index=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    rewrapped_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta(TenantModel.Meta):
        verbose_name = "data key"
        ordering = ("id",)
        # Settles the race of two first encryptions.
        constraints = [models.UniqueConstraint(fields=["merchant"], name="data_key_one_per_merchant")]

    def __str__(self) -> str:
        return f"Data key {self.public_id}"
