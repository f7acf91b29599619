"""Reading disputes, and what their money stands at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from django.db.models import QuerySet, Sum

from disputes.models import (
    STANDING,
    Dispute,
    DisputeFundMovement,
    DisputeOrder,
    DisputePolicy,
    DisputeRecount,
    DisputeStage,
    FraudWarning,
)
from foundation.errors import ResourceMissing
from foundation.ids import encode_id
from foundation.money import Money


def list_disputes(*, merchant_id: UUID) -> QuerySet[Dispute]:
    return Dispute.objects.for_merchant(merchant_id).select_related("merchant", "psp_account")


def get_dispute(*, merchant_id: UUID, dispute_id: UUID) -> Dispute:
    """Raises ResourceMissing, also for another merchant's."""
    dispute = list_disputes(merchant_id=merchant_id).filter(pk=dispute_id).first()
    if dispute is None:
        raise ResourceMissing(f"No such dispute: '{encode_id('dp', dispute_id)}'", param="dispute")
    return dispute


def has_dispute(*, merchant_id: UUID, attempt_id: UUID) -> bool:
    """Whether the charge has ever been disputed; being asked about does not count."""
    rows = Dispute.objects.for_merchant(merchant_id).filter(attempt_id=attempt_id)
    return rows.exclude(stage=DisputeStage.INQUIRY).exists()


def list_movements(dispute: Dispute) -> QuerySet[DisputeFundMovement]:
    return DisputeFundMovement.objects.for_merchant(dispute.merchant_id).filter(dispute_id=dispute.id)


def movements_of(merchant_id: UUID, dispute_ids: Sequence[UUID]) -> dict[UUID, list[DisputeFundMovement]]:
    """The movements of several disputes, oldest first, in one query."""
    found: dict[UUID, list[DisputeFundMovement]] = defaultdict(list)
    rows = DisputeFundMovement.objects.for_merchant(merchant_id).filter(dispute_id__in=dispute_ids)
    for movement in rows.order_by("id"):
        found[movement.dispute_id].append(movement)
    return found


def list_recounts(dispute: Dispute) -> QuerySet[DisputeRecount]:
    return DisputeRecount.objects.for_merchant(dispute.merchant_id).filter(dispute_id=dispute.id)


def read_position(dispute: Dispute) -> dict[tuple[str, str], Money]:
    """What the PSP has of us for this dispute, by (account it counts in, currency); zeros are left out."""
    position: dict[tuple[str, str], int] = defaultdict(int)
    movements = list_movements(dispute).order_by().values("account", "currency")
    for row in movements.annotate(total=Sum("amount_minor")):
        position[row["account"], row["currency"]] -= row["total"]
    recounts = list_recounts(dispute).order_by().values("from_account", "to_account", "currency")
    for moved in recounts.annotate(total=Sum("amount_minor")):
        position[moved["from_account"], moved["currency"]] -= moved["total"]
        position[moved["to_account"], moved["currency"]] += moved["total"]
    return {key: Money(minor, key[1]) for key, minor in position.items() if minor}


def find_standing_order(dispute: Dispute) -> DisputeOrder | None:
    """The order of the present stage that took effect, or may have."""
    return (
        DisputeOrder.objects.for_merchant(dispute.merchant_id)
        .filter(dispute_id=dispute.id, stage=dispute.stage, status__in=STANDING)
        .first()
    )


def find_order(*, merchant_id: UUID, order_id: UUID) -> DisputeOrder | None:
    return DisputeOrder.objects.for_merchant(merchant_id).filter(pk=order_id).first()


def get_order(*, merchant_id: UUID, order_id: UUID) -> DisputeOrder:
    """With its dispute and PSP account. Raises ResourceMissing."""
    rows = DisputeOrder.objects.for_merchant(merchant_id).select_related("dispute__psp_account")
    order = rows.filter(pk=order_id).first()
    if order is None:
        raise ResourceMissing("No such order.", param="order")
    return order


def find_policy(merchant_id: UUID) -> DisputePolicy | None:
    return DisputePolicy.objects.for_merchant(merchant_id).first()


def get_fraud_warning(*, merchant_id: UUID, warning_id: UUID) -> FraudWarning:
    """Raises ResourceMissing, also for another merchant's."""
    warning = list_fraud_warnings(merchant_id=merchant_id).filter(pk=warning_id).first()
    if warning is None:
        raise ResourceMissing("No such early fraud warning.", param="early_fraud_warning")
    return warning


def list_fraud_warnings(*, merchant_id: UUID) -> QuerySet[FraudWarning]:
    return FraudWarning.objects.for_merchant(merchant_id).select_related("merchant")
