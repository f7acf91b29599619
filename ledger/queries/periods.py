"""Periods: what is closed, and where an instant falls."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from ledger.models import AccountingPeriod


def list_periods(merchant_id: UUID) -> QuerySet[AccountingPeriod]:
    """Closed and reopened ones, the latest closing first."""
    return AccountingPeriod.objects.for_merchant(merchant_id).order_by("-id")


def find_last_closed_period(merchant_id: UUID) -> AccountingPeriod | None:
    return _closed(merchant_id).order_by("-ends_at").first()


def find_frozen_period(merchant_id: UUID, at: datetime) -> AccountingPeriod | None:
    """The last closed period that ended by that instant and whose balances are kept."""
    return _closed(merchant_id).filter(ends_at__lte=at, frozen_at__isnull=False).order_by("-ends_at").first()


def date_in_open_period(merchant_id: UUID, at: datetime) -> datetime:
    """That instant if the books are open for it, else the first open one: where late news belongs.

    The fact is told of a closed month; the entry falls into the open one, and the description says when it
    happened.
    """
    last = find_last_closed_period(merchant_id)
    return at if last is None else max(at, last.ends_at)


def _closed(merchant_id: UUID) -> QuerySet[AccountingPeriod]:
    closed = AccountingPeriod.Status.CLOSED
    return AccountingPeriod.objects.for_merchant(merchant_id).filter(status=closed)
