"""Reading what is sold and what comes off it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db.models import QuerySet

from foundation.errors import ResourceMissing
from foundation.ids import encode_id
from subscriptions.models import Coupon, Meter, Price, Product, PromotionCode, TaxRate


def list_products(*, merchant_id: UUID) -> QuerySet[Product]:
    return Product.objects.for_merchant(merchant_id)


def get_product(*, merchant_id: UUID, product_id: UUID) -> Product:
    """Raises ResourceMissing."""
    product = list_products(merchant_id=merchant_id).filter(pk=product_id).first()
    if product is None:
        raise ResourceMissing(f"No such product: '{encode_id('prod', product_id)}'", param="product")
    return product


def list_prices(*, merchant_id: UUID) -> QuerySet[Price]:
    return Price.objects.for_merchant(merchant_id)


def get_price(*, merchant_id: UUID, price_id: UUID) -> Price:
    """With its product and meter. Raises ResourceMissing."""
    rows = list_prices(merchant_id=merchant_id).select_related("product", "meter")
    price = rows.filter(pk=price_id).first()
    if price is None:
        raise ResourceMissing(f"No such price: '{encode_id('price', price_id)}'", param="price")
    return price


def list_coupons(*, merchant_id: UUID) -> QuerySet[Coupon]:
    return Coupon.objects.for_merchant(merchant_id).filter(deleted_at__isnull=True)


def list_promotion_codes(*, merchant_id: UUID) -> QuerySet[PromotionCode]:
    return PromotionCode.objects.for_merchant(merchant_id).select_related("coupon")


def list_tax_rates(*, merchant_id: UUID) -> QuerySet[TaxRate]:
    return TaxRate.objects.for_merchant(merchant_id)


def get_tax_rates(*, merchant_id: UUID, tax_rate_ids: Sequence[UUID]) -> list[TaxRate]:
    """In the order asked for. Raises ResourceMissing for one that is not there."""
    found = {rate.id: rate for rate in list_tax_rates(merchant_id=merchant_id).filter(pk__in=tax_rate_ids)}
    for tax_rate_id in tax_rate_ids:
        if tax_rate_id not in found:
            raise ResourceMissing(f"No such tax rate: '{encode_id('txr', tax_rate_id)}'", param="tax_rates")
    return [found[tax_rate_id] for tax_rate_id in tax_rate_ids]


def read_tax_rates(*, merchant_id: UUID, texts: Iterable[Sequence[str]]) -> dict[str, TaxRate]:
    """By the ids that rows keep as text, of however many lists of them, in one query."""
    ids = {UUID(text) for one in texts for text in one}
    if not ids:
        return {}
    return {str(rate.id): rate for rate in list_tax_rates(merchant_id=merchant_id).filter(pk__in=ids)}


def get_meter(*, merchant_id: UUID, meter_id: UUID) -> Meter:
    """Raises ResourceMissing."""
    meter = Meter.objects.for_merchant(merchant_id).filter(pk=meter_id).first()
    if meter is None:
        raise ResourceMissing(f"No such meter: '{encode_id('mtr', meter_id)}'", param="meter")
    return meter


def list_meters(*, merchant_id: UUID) -> QuerySet[Meter]:
    return Meter.objects.for_merchant(merchant_id)


def find_active_meter(*, merchant_id: UUID, event_name: str) -> Meter | None:
    rows = list_meters(merchant_id=merchant_id)
    return rows.filter(event_name=event_name, deactivated_at__isnull=True).first()
