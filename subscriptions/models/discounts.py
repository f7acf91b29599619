"""Coupons, the codes that customers type in, and the discounts that come of redeeming them."""

from __future__ import annotations

from fractions import Fraction
from uuid import UUID

from django.db import models
from django.db.models import F, Q

from foundation import clock
from foundation.audit.history import PersonHistory
from foundation.money import Money
from foundation.tenancy.scoping import TenantModel, same_merchant, tenant_key
from subscriptions.discounts import DiscountTerms, Duration


class Coupon(TenantModel):
    """Percent or amount off. Its terms never change. custom_id: the caller's own name for it, shown as its id."""

    public_prefix = "coupon"

    custom_id = models.CharField(max_length=200, blank=True)
    name = models.CharField(max_length=40, blank=True)
    percent_off = models.DecimalField(max_digits=7, decimal_places=4, null=True, blank=True)
    amount_off_minor = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    duration = models.CharField(max_length=9, choices=[(d.value, d.value) for d in Duration])
    duration_in_months = models.PositiveSmallIntegerField(null=True, blank=True)
    max_redemptions = models.PositiveIntegerField(null=True, blank=True)
    times_redeemed = models.PositiveIntegerField(default=0)
    redeem_by_at = models.DateTimeField(null=True, blank=True)
    # Ids of products, as text; empty for all of them.
    product_ids = models.JSONField(default=list, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    history = PersonHistory()

    class Meta(TenantModel.Meta):
        verbose_name = "coupon"
        ordering = ("-id",)
        constraints = [
            tenant_key("coupon"),
            models.UniqueConstraint(
                fields=["merchant", "custom_id"],
                condition=~Q(custom_id="") & Q(deleted_at__isnull=True),
                name="coupon_custom_id_once",
            ),
            models.CheckConstraint(
                condition=Q(percent_off__gt=0, percent_off__lte=100, amount_off_minor__isnull=True)
                | (Q(percent_off__isnull=True, amount_off_minor__gt=0) & ~Q(currency="")),
                name="coupon_percent_or_amount",
            ),
            models.CheckConstraint(
                condition=Q(duration="repeating", duration_in_months__gt=0)
                | (~Q(duration="repeating") & Q(duration_in_months__isnull=True)),
                name="coupon_repeating_has_months",
            ),
            models.CheckConstraint(
                condition=Q(max_redemptions__isnull=True) | Q(times_redeemed__lte=F("max_redemptions")),
                name="coupon_within_its_limit",
            ),
        ]

    @property
    def shown_id(self) -> str:
        return self.custom_id or self.public_id

    @property
    def amount_off(self) -> Money | None:
        return None if self.amount_off_minor is None else Money(self.amount_off_minor, self.currency)


class PromotionCode(TenantModel):
    """A coupon under a word that customers type in; kept in upper case, one active code per word."""

    public_prefix = "promo"

    coupon = models.ForeignKey(
        Coupon, db_constraint=False, on_delete=models.PROTECT, related_name="promotion_codes"
    )
    code = models.CharField(max_length=200)
    is_active = models.BooleanField(default=True)
    customer = models.ForeignKey(
        "payments.Customer",
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The only customer who may use it.",
    )
    expires_at = models.DateTimeField(null=True, blank=True)
    max_redemptions = models.PositiveIntegerField(null=True, blank=True)
    times_redeemed = models.PositiveIntegerField(default=0)
    first_time_transaction = models.BooleanField(default=False)
    minimum_amount_minor = models.BigIntegerField(null=True, blank=True)
    minimum_amount_currency = models.CharField(max_length=3, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    history = PersonHistory()

    class Meta(TenantModel.Meta):
        verbose_name = "promotion code"
        ordering = ("-id",)
        constraints = [
            tenant_key("promotion_code"),
            same_merchant("promotion_code", "coupon", "subscriptions_coupon"),
            same_merchant("promotion_code", "customer", "payments_customer"),
            models.UniqueConstraint(
                fields=["merchant", "code"], condition=Q(is_active=True), name="promotion_code_active_once"
            ),
            models.CheckConstraint(
                condition=Q(max_redemptions__isnull=True) | Q(times_redeemed__lte=F("max_redemptions")),
                name="promotion_code_within_its_limit",
            ),
            models.CheckConstraint(
                condition=Q(minimum_amount_minor__isnull=True, minimum_amount_currency="")
                | (Q(minimum_amount_minor__gt=0) & ~Q(minimum_amount_currency="")),
                name="promotion_code_minimum_has_a_currency",
            ),
        ]
        indexes = [models.Index(fields=["coupon"], name="promotion_code_coupon")]


class Discount(TenantModel):
    """A redemption: on a subscription, on one of its items, or on an invoice. times_used: invoices that had it."""

    public_prefix = "di"

    coupon = models.ForeignKey(
        Coupon, db_constraint=False, on_delete=models.PROTECT, related_name="discounts"
    )
    promotion_code = models.ForeignKey(
        PromotionCode,
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="discounts",
    )
    customer = models.ForeignKey(
        "payments.Customer", db_constraint=False, on_delete=models.PROTECT, related_name="+"
    )
    subscription = models.ForeignKey(
        "subscriptions.Subscription",
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="discounts",
    )
    subscription_item = models.ForeignKey(
        "subscriptions.SubscriptionItem",
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="discounts",
    )
    invoice = models.ForeignKey(
        "subscriptions.Invoice",
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="discounts",
    )
    ordinal = models.PositiveSmallIntegerField(default=1, help_text="The order in which they are applied.")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    times_used = models.PositiveIntegerField(default=0)
    removed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta(TenantModel.Meta):
        verbose_name = "discount"
        ordering = ("ordinal", "id")
        constraints = [
            tenant_key("discount"),
            same_merchant("discount", "coupon", "subscriptions_coupon"),
            same_merchant("discount", "promotion_code", "subscriptions_promotioncode"),
            same_merchant("discount", "customer", "payments_customer"),
            same_merchant("discount", "subscription", "subscriptions_subscription"),
            same_merchant("discount", "subscription_item", "subscriptions_subscriptionitem"),
            same_merchant("discount", "invoice", "subscriptions_invoice"),
            models.CheckConstraint(
                condition=Q(subscription__isnull=False, invoice__isnull=True)
                | Q(subscription__isnull=True, subscription_item__isnull=True, invoice__isnull=False),
                name="discount_has_one_place",
            ),
        ]
        indexes = [
            models.Index(fields=["subscription"], name="discount_subscription"),
            models.Index(fields=["invoice"], name="discount_invoice"),
            models.Index(fields=["coupon"], name="discount_coupon"),
        ]

    @property
    def terms(self) -> DiscountTerms:
        """The discount as discounts.py reckons with it; its coupon is loaded."""
        coupon = self.coupon
        return DiscountTerms(
            id=self.id,
            percent_off=None if coupon.percent_off is None else Fraction(coupon.percent_off),
            amount_off=coupon.amount_off,
            duration=Duration(coupon.duration),
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            products=frozenset(UUID(product_id) for product_id in coupon.product_ids),
        )
