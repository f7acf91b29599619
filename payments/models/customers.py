"""Customers and their payment methods. Never a PAN, never a CVC: a payment method holds PSP tokens, sealed."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper

from foundation import clock
from foundation.audit.history import PersonHistory
from foundation.tenancy.scoping import TenantModel, same_merchant, tenant_key


class Customer(TenantModel):
    """Whoever pays a merchant. Deleting hides the row and detaches its methods; payments keep pointing at it."""

    public_prefix = "cus"

    name = models.CharField(max_length=256, blank=True)
    email = models.CharField(max_length=512, blank=True)
    phone = models.CharField(max_length=32, blank=True)
    description = models.CharField(max_length=1000, blank=True)
    address = models.JSONField(null=True, blank=True)
    shipping = models.JSONField(null=True, blank=True)
    preferred_locales = models.JSONField(default=list, blank=True)
    tax_exempt = models.CharField(max_length=8, default="none")
    default_payment_method = models.ForeignKey(
        "payments.PaymentMethod",
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    # Told by the floor above that bills them: their newest invoice was not paid.
    is_delinquent = models.BooleanField(default=False, editable=False)
    metadata = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    history = PersonHistory()

    class Meta(TenantModel.Meta):
        verbose_name = "customer"
        ordering = ("-id",)
        constraints = [
            tenant_key("customer"),
            same_merchant("customer", "default_payment_method", "payments_paymentmethod"),
        ]
        indexes = [
            GinIndex(OpClass(Upper("email"), name="gin_trgm_ops"), name="customer_search_email"),
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="customer_search_name"),
        ]


class PaymentMethod(TenantModel):
    """What a customer pays with, as far as we may know it: brand, last four, expiry, country, fingerprint."""

    public_prefix = "pm"

    customer = models.ForeignKey(
        Customer,
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="payment_methods",
    )
    type = models.CharField(max_length=32, default="card")
    brand = models.CharField(max_length=32, blank=True)
    last4 = models.CharField(max_length=4, blank=True)
    bin = models.CharField(
        max_length=8, blank=True, help_text="The card's first 6 or 8 digits, if a PSP tells."
    )
    exp_month = models.PositiveSmallIntegerField(null=True, blank=True)
    exp_year = models.PositiveSmallIntegerField(null=True, blank=True)
    funding = models.CharField(max_length=16, blank=True)
    country = models.CharField(max_length=2, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True)
    wallet = models.CharField(max_length=32, blank=True)
    # What only this type has: a debit's bank, an account's kind. Masked by the PSP; never a whole account number.
    details = models.JSONField(default=dict, blank=True)
    billing_details = models.JSONField(default=dict, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    # A network's id of the first, customer-present transaction: later off-session charges refer to it.
    network_transaction_id = models.CharField(max_length=64, blank=True)

    history = PersonHistory()

    class Meta(TenantModel.Meta):
        verbose_name = "payment method"
        ordering = ("-id",)
        constraints = [
            tenant_key("payment_method"),
            same_merchant("payment_method", "customer", "payments_customer"),
        ]
        indexes = [
            models.Index(fields=["customer"], name="payment_method_customer"),
            # The same card under several methods: networks count its tries together.
            models.Index(
                fields=["merchant", "fingerprint"],
                condition=~Q(fingerprint=""),
                name="payment_method_fingerprint",
            ),
        ]


class TokenKind(models.TextChoices):
    PSP = "psp", "The PSP's own token"
    NETWORK = "network", "A network's token, which follows the card when it is replaced"


class PspToken(TenantModel):
    """One PSP's token for a payment method, sealed by the vault; one of a kind per PSP account is in use.

    revoked_at: the PSP took it back, or refused to keep it: it is never charged again, and the row stays."""

    public_prefix = "tok"

    payment_method = models.ForeignKey(
        PaymentMethod, db_constraint=False, on_delete=models.PROTECT, related_name="tokens"
    )
    psp_account = models.ForeignKey(
        "payments.PspAccount", db_constraint=False, on_delete=models.PROTECT, related_name="+"
    )
    kind = models.CharField(max_length=8, choices=TokenKind.choices, default=TokenKind.PSP)
    token_encrypted = models.TextField(editable=False)
    # The customer's id at that PSP, where its tokens must be attached to be used again.
    psp_customer_reference = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta(TenantModel.Meta):
        verbose_name = "PSP token"
        ordering = ("-id",)
        constraints = [
            tenant_key("psp_token"),
            same_merchant("psp_token", "payment_method", "payments_paymentmethod"),
            same_merchant("psp_token", "psp_account", "payments_pspaccount"),
            models.UniqueConstraint(
                fields=["merchant", "payment_method", "psp_account", "kind"],
                condition=Q(revoked_at__isnull=True),
                name="psp_token_once_per_account",
            ),
            models.CheckConstraint(condition=~Q(token_encrypted=""), name="psp_token_is_sealed"),
        ]
