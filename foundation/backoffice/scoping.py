"""Which merchants a staff member sees: the admin's half of "no tenant, no query"."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from foundation.tenancy.models import StaffUser


def assigned_merchant_ids(staff: StaffUser) -> list[UUID]:
    """Ids of the merchants a person is assigned to; asked once per request."""
    known: list[UUID] | None = getattr(staff, "_assigned_merchant_ids", None)
    if known is None:
        known = list(staff.assignments.values_list("merchant_id", flat=True))
        staff._assigned_merchant_ids = known  # type: ignore[attr-defined]
    return known


def narrow_to_staff(
    rows: QuerySet[Any], staff: Any, *, merchant_path: str, with_unowned: bool = False
) -> QuerySet[Any]:
    """The rows of the person's merchants; superusers see all.

    merchant_path: the column or path that holds the merchant's id. with_unowned: also rows of no merchant at
    all (the platform's own jobs).
    """
    if staff.is_superuser:
        return rows
    allowed = Q(**{f"{merchant_path}__in": assigned_merchant_ids(staff)})
    if with_unowned:
        allowed |= Q(**{f"{merchant_path}__isnull": True})
    return rows.filter(allowed)
