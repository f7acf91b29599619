"""Runs and what each account tied out to; whose books can be reconciled at all."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet

from foundation.errors import ResourceMissing
from ledger.models import ReconciliationRun, ReconciliationTie, Statement


def list_runs(merchant_id: UUID) -> QuerySet[ReconciliationRun]:
    return ReconciliationRun.objects.for_merchant(merchant_id)


def get_run(merchant_id: UUID, run_id: UUID) -> ReconciliationRun:
    """Raises ResourceMissing."""
    run = list_runs(merchant_id).filter(pk=run_id).first()
    if run is None:
        raise ResourceMissing("No such reconciliation.", param="id")
    return run


def list_ties(merchant_id: UUID, run_ids: Collection[UUID]) -> QuerySet[ReconciliationTie]:
    rows = ReconciliationTie.objects.for_merchant(merchant_id).filter(run_id__in=run_ids)
    return rows.order_by("run_id", "psp_account", "source", "currency")


def list_merchants_with_statements() -> list[UUID]:
    """Of every merchant: the nightly sweep and the operator's command take them all."""
    return list(
        Statement.across_merchants.order_by("merchant_id").values_list("merchant_id", flat=True).distinct()
    )
