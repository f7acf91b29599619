"""Prices: what one unit, package or tier costs, readable; the tiers as a table."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from simple_history.admin import SimpleHistoryAdmin

from foundation.backoffice.admin import BackOfficeAdmin
from foundation.backoffice.display import NOTHING, instant, link, mono
from foundation.backoffice.filters import CreatedFilter, fixed_filter
from subscriptions.admin.price_actions import ArchivePrice, OfferPrice
from subscriptions.admin.products import ActiveFilter, active_badge
from subscriptions.admin.words import amount_words, minor_words, price_words
from subscriptions.models import Price

INTERVALS = [("", "Once"), ("day", "Day"), ("week", "Week"), ("month", "Month"), ("year", "Year")]


@admin.register(Price)
class PriceAdmin(SimpleHistoryAdmin, BackOfficeAdmin):
    list_display = ("product_name", "words", "nickname", "lookup_key", "state", "created")
    list_filter = (ActiveFilter, fixed_filter("interval", INTERVALS[1:]), CreatedFilter)
    search_fields = ("lookup_key__exact", "product__name__iexact")
    search_help_text = "The whole lookup key or name of the product"
    fields = (
        "words",
        "shown_id",
        "product_link",
        "state",
        "tier_table",
        "usage_type",
        "meter_link",
        "tax_behavior",
        "proration_basis",
        "nickname",
        "lookup_key",
        "created",
    )
    action_views: ClassVar = [ArchivePrice, OfferPrice]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("product", "meter", "merchant")

    def found_words(self, price: Price) -> tuple[str, str]:
        return price_words(price), price.public_id

    @admin.display(description="product")
    def product_name(self, price: Price) -> str:
        return price.product.name

    @admin.display(description="product")
    def product_link(self, price: Price) -> str:
        address = reverse("admin:subscriptions_product_change", args=[price.product_id])
        return link(price.product.name, address, is_code=False)

    @admin.display(description="price")
    def words(self, price: Price) -> str:
        return amount_words(price)

    @admin.display(description="id")
    def shown_id(self, price: Price) -> str:
        return mono(price.public_id)

    @admin.display(description="state")
    def state(self, price: Price) -> str:
        return active_badge(price.is_active)

    @admin.display(description="tiers")
    def tier_table(self, price: Price) -> str:
        if not price.tiers:
            return NOTHING
        return format_html(
            '<table class="bo-table"><thead><tr><th scope="col">Quantity</th><th scope="col">For each</th>'
            '<th scope="col">Flat</th></tr></thead><tbody>{}</tbody></table>',
            format_html_join("", "<tr><td>{}</td><td>{}</td><td>{}</td></tr>", _tier_rows(price)),
        )

    @admin.display(description="counted by")
    def meter_link(self, price: Price) -> str:
        if price.meter is None:
            return NOTHING
        address = reverse("admin:subscriptions_meter_change", args=[price.meter_id])
        return link(price.meter.display_name, address, is_code=False)

    @admin.display(description="made")
    def created(self, price: Price) -> str:
        return instant(price.created_at)


def _tier_rows(price: Price) -> list[tuple[str, str, str]]:
    rows, below = [], 0
    for tier in price.tiers:
        up_to = tier["up_to"]
        reach = f"from {below + 1:,}" if up_to is None else f"{below + 1:,} to {up_to:,}"
        unit, flat = (Decimal(str(tier.get(name) or 0)) for name in ("unit_amount", "flat_amount"))
        rows.append((reach, minor_words(unit, price.currency), minor_words(flat, price.currency)))
        below = up_to or below
    return rows
