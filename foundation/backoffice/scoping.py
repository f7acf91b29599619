"""Which merchants a staff member sees: the admin's half of "no tenant, no query"."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from foundation.tenancy.models import Merchant, StaffUser


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


def list_staff_merchants(staff: Any) -> list[Merchant]:
    """The merchants a person acts for, by name; superusers: all."""
    rows = Merchant.objects.order_by("name", "id")
    return list(rows if staff.is_superuser else rows.filter(pk__in=assigned_merchant_ids(staff)))


def list_colleagues(merchant_id: UUID, permission: str) -> list[str]:
    """User names of the active people of a merchant who hold a permission ("app.codename") by their role."""
    app, codename = permission.split(".")
    people = StaffUser.objects.filter(
        is_active=True,
        assignments__merchant_id=merchant_id,
        groups__permissions__codename=codename,
        groups__permissions__content_type__app_label=app,
    )
    return list(people.order_by("username").values_list("username", flat=True).distinct())
