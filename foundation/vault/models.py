"""The keys of the vault as rows: key-encryption keys by name, data keys wrapped, and what a rotation came to.

Plain keys never reach the database.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from foundation import clock, ids
from foundation.tenancy.scoping import TenantModel, tenant_key


class VaultKey(models.Model):
    """A key-encryption key that ever wrapped anything here, by its id. Until it is retired, VAULT_KEYS must hold it.

    A trigger refuses data keys wrapped by a retired one: a process with yesterday's settings is stopped there.
    """

    key_id = models.CharField(max_length=64, primary_key=True, editable=False)
    first_used_at = models.DateTimeField(default=clock.now, editable=False)
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)
    retired_by = models.CharField(max_length=128, blank=True, editable=False)

    class Meta:
        verbose_name = "key-encryption key"
        ordering = ("first_used_at", "key_id")

    def __str__(self) -> str:
        return f"Key-encryption key {self.key_id}"


class DataKey(TenantModel):
    """An AES-256 key of one merchant. Its id is part of every ciphertext made with it.

    The current one encrypts; superseded ones still open. wrapped_key: the key encrypted under the key-encryption key
    named by wrapping_key_id, as base64url text; emptied when the key is retired, which destroys it.
    """

    public_prefix = "dk"

    wrapped_key = models.TextField(blank=True, editable=False)
    wrapping_key_id = models.CharField(max_length=64, editable=False, db_index=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    rewrapped_at = models.DateTimeField(null=True, blank=True, editable=False)
    superseded_at = models.DateTimeField(null=True, blank=True, editable=False)
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta(TenantModel.Meta):
        verbose_name = "data key"
        ordering = ("id",)
        constraints = [
            tenant_key("data_key"),
            # Settles the race of two first encryptions, and of two rotations.
            models.UniqueConstraint(
                fields=["merchant"],
                condition=Q(superseded_at__isnull=True),
                name="data_key_one_current_per_merchant",
            ),
            models.CheckConstraint(
                condition=Q(retired_at__isnull=True) & ~Q(wrapped_key="")
                | Q(retired_at__isnull=False, superseded_at__isnull=False, wrapped_key=""),
                name="data_key_wrapped_until_retired",
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(superseded_at__isnull=False, retired_at__isnull=True),
                name="data_key_superseded",
            )
        ]

    def __str__(self) -> str:
        return f"Data key {self.public_id}"


class KeyRotation(models.Model):
    """One rotation: who asked for it, how far it got, and how many secrets it moved. Kept for good.

    stage, cursor: where it goes on. counts, unreadable: how many, by what they are.
    """

    public_prefix = "vrot"

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    key_id = models.CharField(max_length=64)
    renews_data_keys = models.BooleanField(default=False)
    actor = models.CharField(max_length=128)
    reason = models.CharField(max_length=500, blank=True)
    stage = models.CharField(max_length=64)
    cursor = models.JSONField(null=True, blank=True)
    counts = models.JSONField(default=dict)
    unreadable = models.JSONField(default=dict)
    started_at = models.DateTimeField(default=clock.now, editable=False)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "key rotation"
        ordering = ("-id",)
        constraints = [
            # Two who start the same rotation at once share one, and take turns in it.
            models.UniqueConstraint(
                fields=["key_id", "renews_data_keys"],
                condition=Q(finished_at__isnull=True),
                name="key_rotation_one_open",
            )
        ]

    @property
    def public_id(self) -> str:
        return ids.encode_id(self.public_prefix, self.id)

    def __str__(self) -> str:
        return f"Rotation to key {self.key_id}"
