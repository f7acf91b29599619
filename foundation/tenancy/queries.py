"""Reading merchants."""

from __future__ import annotations

from uuid import UUID

from foundation.errors import ResourceMissing
from foundation.ids import encode_id
from foundation.tenancy.models import Merchant


def get_merchant(merchant_id: UUID) -> Merchant:
    """Raises ResourceMissing."""
    merchant = Merchant.objects.filter(pk=merchant_id).first()
    if merchant is None:
        raise ResourceMissing(f"No such account: '{encode_id('acct', merchant_id)}'", param="account")
    return merchant


def find_merchant_id_after(merchant_id: UUID | None) -> UUID | None:
    """The next merchant by id, for work that goes over all of them one at a time; None: behind the last."""
    rows = Merchant.objects.order_by("id")
    if merchant_id is not None:
        rows = rows.filter(pk__gt=merchant_id)
    return rows.values_list("pk", flat=True).first()


def find_merchant_by_name(name: str) -> Merchant | None:
    """The oldest merchant of that name."""
    return Merchant.objects.filter(name=name).order_by("created_at").first()
