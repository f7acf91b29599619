"""What is sold: products and their prices. A price's terms never change; a new amount is a new price."""

from __future__ import annotations

from fractions import Fraction

from django.db import models
from django.db.models import Q

from foundation import clock
from foundation.audit.history import PersonHistory
from foundation.tenancy.scoping import TenantModel, same_merchant, tenant_key
from subscriptions.periods import Interval
from subscriptions.pricing import Package, PackageRounding, PriceTerms, Tier, Tiering
from subscriptions.proration import Basis


class Product(TenantModel):
    """Something a merchant sells. Archived with is_active, never deleted once a price names it."""

    public_prefix = "prod"

    name = models.CharField(max_length=250)
    description = models.CharField(max_length=1000, blank=True)
    is_active = models.BooleanField(default=True)
    default_price = models.ForeignKey(
        "subscriptions.Price",
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    type = models.CharField(
        max_length=8, choices=[("service", "Service"), ("good", "Good")], default="service"
    )
    tax_code = models.CharField(max_length=32, blank=True)
    unit_label = models.CharField(max_length=40, blank=True)
    statement_descriptor = models.CharField(max_length=22, blank=True)
    url = models.CharField(max_length=2048, blank=True)
    images = models.JSONField(default=list, blank=True)
    marketing_features = models.JSONField(default=list, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    updated_at = models.DateTimeField(default=clock.now, editable=False)

    history = PersonHistory()

    class Meta(TenantModel.Meta):
        verbose_name = "product"
        ordering = ("-id",)
        constraints = [
            tenant_key("product"),
            same_merchant("product", "default_price", "subscriptions_price"),
            models.CheckConstraint(condition=~Q(name=""), name="product_has_a_name"),
        ]


class BillingScheme(models.TextChoices):
    PER_UNIT = "per_unit"
    TIERED = "tiered"


class UsageType(models.TextChoices):
    LICENSED = "licensed"
    METERED = "metered"


class TaxBehavior(models.TextChoices):
    EXCLUSIVE = "exclusive"
    INCLUSIVE = "inclusive"
    UNSPECIFIED = "unspecified"


class Price(TenantModel):
    """What one unit, package or tier costs. Amounts are minor units of `currency`, with up to 12 decimals.

    interval: empty for a one-time price. tiers: [{"up_to", "unit_amount", "flat_amount"}], decimals as text.
    """

    public_prefix = "price"

    product = models.ForeignKey(Product, db_constraint=False, on_delete=models.PROTECT, related_name="prices")
    currency = models.CharField(max_length=3)
    is_active = models.BooleanField(default=True)
    nickname = models.CharField(max_length=250, blank=True)
    lookup_key = models.CharField(max_length=200, blank=True)
    billing_scheme = models.CharField(
        max_length=8, choices=BillingScheme.choices, default=BillingScheme.PER_UNIT
    )
    unit_amount = models.DecimalField(max_digits=24, decimal_places=12, null=True, blank=True)
    tiering = models.CharField(max_length=9, choices=[(t.value, t.value) for t in Tiering], blank=True)
    tiers = models.JSONField(default=list, blank=True)
    package_size = models.PositiveIntegerField(null=True, blank=True)
    package_rounding = models.CharField(
        max_length=4, choices=[(r.value, r.value) for r in PackageRounding], blank=True
    )
    interval = models.CharField(max_length=5, choices=[(i.value, i.value) for i in Interval], blank=True)
    interval_count = models.PositiveSmallIntegerField(default=1)
    usage_type = models.CharField(max_length=8, choices=UsageType.choices, default=UsageType.LICENSED)
    meter = models.ForeignKey(
        "subscriptions.Meter",
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="prices",
    )
    proration_basis = models.CharField(
        max_length=12, choices=[(b.value, b.value) for b in Basis], default=Basis.SECOND.value
    )
    tax_behavior = models.CharField(
        max_length=11, choices=TaxBehavior.choices, default=TaxBehavior.UNSPECIFIED
    )
    trial_period_days = models.PositiveSmallIntegerField(null=True, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    history = PersonHistory()

    class Meta(TenantModel.Meta):
        verbose_name = "price"
        ordering = ("-id",)
        constraints = [
            tenant_key("price"),
            same_merchant("price", "product", "subscriptions_product"),
            same_merchant("price", "meter", "subscriptions_meter"),
            models.UniqueConstraint(
                fields=["merchant", "lookup_key"], condition=~Q(lookup_key=""), name="price_lookup_key_once"
            ),
            models.CheckConstraint(
                condition=Q(billing_scheme="per_unit", unit_amount__isnull=False, tiering="")
                | (Q(billing_scheme="tiered", unit_amount__isnull=True) & ~Q(tiering="") & ~Q(tiers=[])),
                name="price_is_per_unit_or_tiered",
            ),
            models.CheckConstraint(
                condition=Q(unit_amount__isnull=True) | Q(unit_amount__gte=0), name="price_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(usage_type="licensed", meter__isnull=True)
                | (Q(usage_type="metered", meter__isnull=False) & ~Q(interval="")),
                name="price_metered_has_a_meter",
            ),
            models.CheckConstraint(
                condition=Q(package_size__isnull=True, package_rounding="")
                | (Q(package_size__gt=0, billing_scheme="per_unit") & ~Q(package_rounding="")),
                name="price_package_is_whole",
            ),
            models.CheckConstraint(condition=Q(interval_count__gt=0), name="price_interval_positive"),
        ]
        indexes = [models.Index(fields=["product"], name="price_product")]

    @property
    def is_recurring(self) -> bool:
        return bool(self.interval)

    @property
    def is_metered(self) -> bool:
        return self.usage_type == UsageType.METERED

    @property
    def terms(self) -> PriceTerms:
        """The price as pricing.py reckons with it."""
        return PriceTerms(
            currency=self.currency,
            unit_amount=Fraction(self.unit_amount or 0),
            tiers=tuple(
                Tier(
                    tier["up_to"],
                    Fraction(tier.get("unit_amount") or 0),
                    Fraction(tier.get("flat_amount") or 0),
                )
                for tier in self.tiers
            ),
            tiering=Tiering(self.tiering) if self.tiering else None,
            package=(
                Package(self.package_size, PackageRounding(self.package_rounding))
                if self.package_size
                else None
            ),
        )
