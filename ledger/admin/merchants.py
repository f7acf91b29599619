"""Whose books a person may look at."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest

from foundation.backoffice.scoping import narrow_to_staff
from ledger.models import LedgerAccount


def merchants_of(request: HttpRequest) -> list[tuple[UUID, str]]:
    """(id, name) of the person's merchants that have accounts, by name."""
    accounts = narrow_to_staff(
        LedgerAccount.across_merchants.order_by(), request.user, merchant_path="merchant_id"
    )
    return list(accounts.values_list("merchant_id", "merchant__name").distinct().order_by("merchant__name"))


def chosen_merchant(request: HttpRequest, merchants: list[tuple[UUID, str]]) -> tuple[UUID, str] | None:
    """The one named by ?merchant=, else the first; None when there is none to choose."""
    named = request.GET.get("merchant", "")
    return next((m for m in merchants if str(m[0]) == named), merchants[0] if merchants else None)
