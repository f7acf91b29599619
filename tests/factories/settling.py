"""A shop's PSP and bank tell what happened: their files imported, reconciled, and answered by payments."""

from __future__ import annotations

import io
from typing import Any

from django.db import transaction

from foundation.events.handling import stage_handlers
from foundation.events.models import Event
from foundation.jobs.inline import run_due_jobs
from ledger.reconciliation.operations.import_settlement import import_settlement
from ledger.reconciliation.operations.reconcile import reconcile
from ledger.reconciliation.queries.breaks import list_open_breaks
from ledger.reconciliation.queries.runs import list_ties
from tests.factories.psp_news import tell, told
from tests.factories.shop import Shop

PAYOUT_NEWS = ("payout.created", "payout.paid", "payout.failed")
PSP_FILES = ("stripe_balance", "stripe_payout", "stripe_payout_list")
ALL_FILES = (*PSP_FILES, "camt053")


def hear_of_payouts(shop: Shop) -> None:
    """Deliver what the PSP has told of its payouts, and have it handled."""
    tell(shop, *told(shop, *PAYOUT_NEWS))
    run_due_jobs()


def import_file(shop: Shop, name: str, **wish: Any) -> list[dict[str, Any]]:
    """Import a file of the sandbox; what was planted in it."""
    file = shop.psp.report(name, **wish)
    import_settlement(
        merchant_id=shop.id,
        psp_account=shop.account.public_id,
        format=name,
        file=io.BytesIO(file["content"].encode()),
        file_name=file["file_name"],
    )
    planted: list[dict[str, Any]] = file["planted"]
    return planted


def import_files(shop: Shop, *names: str) -> None:
    for name in names or ALL_FILES:
        import_file(shop, name)


def reconciled(shop: Shop) -> Any:
    """One run, answered by nobody yet."""
    return reconcile(merchant_id=shop.id)


def answer_news(shop: Shop) -> None:
    """What the relay and the workers do with the shop's events, each for each handler once."""
    ids = Event.objects.for_merchant(shop.id).order_by("position").values_list("id", flat=True)
    with transaction.atomic():
        stage_handlers(list(ids))
    run_due_jobs()


def open_breaks(shop: Shop) -> list[tuple[str, str]]:
    """(kind, reference) of every open break, sorted."""
    return sorted(list_open_breaks(shop.id).values_list("kind", "reference"))


def differences(shop: Shop, run: Any) -> list[int]:
    """What each account of the run does not explain."""
    return [tie.difference_minor for tie in list_ties(shop.id, [run.id])]
