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


def find_last_run(run: ReconciliationRun) -> ReconciliationRun | None:
    """The one made last before this one: what it left is where this one goes on."""
    return list_runs(run.merchant_id).exclude(pk=run.pk).order_by("-id").first()


def find_run_before(run: ReconciliationRun) -> ReconciliationRun | None:
    """The one of the latest earlier instant, of several the one made last: it closed with what this one opens with."""
    rows = list_runs(run.merchant_id).filter(as_of_at__lt=run.as_of_at, lines_up_to__isnull=False)
    return rows.order_by("-as_of_at", "-id").first()


def list_ties(merchant_id: UUID, run_ids: Collection[UUID]) -> QuerySet[ReconciliationTie]:
    rows = ReconciliationTie.objects.for_merchant(merchant_id).filter(run_id__in=run_ids)
    return rows.order_by("run_id", "psp_account", "source", "currency")


def list_merchants_with_statements() -> list[UUID]:
    """Of every merchant: the nightly sweep and the operator's command take them all."""
    return list(
        Statement.across_merchants.order_by("merchant_id").values_list("merchant_id", flat=True).distinct()
    )
