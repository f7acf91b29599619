"""Merchants (the tenants), their hashed API keys, and the people of the back office.

Authentication of requests lives in foundation/tenancy/authentication.py; creation in operations.py.
"""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models

from foundation import clock
from foundation.audit.history import ContextHistory
from foundation.tenancy.scoping import IdentifiedModel, TenantModel, tenant_key


class Merchant(IdentifiedModel):
    """A tenant. Every business row belongs to exactly one."""

    public_prefix = "acct"

    name = models.CharField(max_length=200)
    livemode = models.BooleanField(default=False, help_text="Off: a sandbox merchant with sk_test_ keys.")
    default_currency = models.CharField(max_length=3, help_text="ISO 4217, lower case.")
    country = models.CharField(max_length=2, default="US")
    timezone = models.CharField(max_length=64, default="UTC")
    email = models.EmailField(blank=True)
    # A platform's key may act for its connected merchants with Stripe-Account.
    platform = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="connected"
    )
    metadata = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    history = ContextHistory()

    class Meta:
        verbose_name = "merchant"
        ordering = ("name", "id")

    def __str__(self) -> str:
        return f"Merchant {self.name}"


class ApiKey(TenantModel):
    """A secret key, stored as SHA-256 of its 256 random bits; shown once, when made."""

    public_prefix = "key"

    name = models.CharField(max_length=200, blank=True)
    secret_sha256 = models.CharField(max_length=64, unique=True, editable=False)
    shown_prefix = models.CharField(
        max_length=16, editable=False, help_text="First characters, to tell keys apart."
    )
    last4 = models.CharField(max_length=4, editable=False)
    # {"payments": "write", "webhooks": "read", …}; {"*": "write"} for everything.
    scopes = models.JSONField(default=dict)
    allowed_networks = models.JSONField(default=list, blank=True, help_text="CIDR networks; empty: any.")
    created_at = models.DateTimeField(default=clock.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    history = ContextHistory(excluded_fields=["secret_sha256", "last_used_at"])

    class Meta(TenantModel.Meta):
        verbose_name = "API key"
        constraints = [tenant_key("api_key")]
        ordering = ("-id",)


class StaffUser(AbstractUser):
    """A person of the back office; sees only the merchants they are assigned to (superusers: all)."""

    timezone = models.CharField(
        max_length=64, default="UTC", help_text="Times in the admin are shown in this zone."
    )
    merchants = models.ManyToManyField(Merchant, through="StaffAssignment", related_name="staff")

    history = ContextHistory(excluded_fields=["password", "last_login"])

    class Meta:
        verbose_name = "staff member"
        ordering = ("username",)

    def __str__(self) -> str:
        return f"Staff member {self.username}"


class StaffAssignment(models.Model):
    """A person may see and act for a merchant."""

    staff = models.ForeignKey(StaffUser, on_delete=models.CASCADE, related_name="assignments")
    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="assignments")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "merchant assignment"
        ordering = ("id",)
        constraints = [models.UniqueConstraint(fields=["staff", "merchant"], name="staff_assignment_once")]

    def __str__(self) -> str:
        return f"Assignment of {self.staff.username} to {self.merchant.name}"
