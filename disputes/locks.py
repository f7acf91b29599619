"""Every row lock of disputes. A dispute is locked before the payment it is about: the top floor first."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import connection

from disputes.models import Dispute, DisputeOrder, DisputePolicy, FraudWarning, MonitoringFigure
from foundation.errors import ResourceMissing
from foundation.ids import encode_id
from foundation.transactions import joins_transaction


@joins_transaction
def lock_dispute(*, merchant_id: UUID, dispute_id: UUID) -> Dispute:
    """The dispute with its merchant, charge and PSP account. Raises ResourceMissing, also for another merchant's."""
    rows = Dispute.objects.for_merchant(merchant_id).select_related(
        "merchant", "psp_account", "attempt", "payment_intent"
    )
    dispute = rows.select_for_update(of=("self",)).filter(pk=dispute_id).first()
    if dispute is None:
        raise ResourceMissing(f"No such dispute: '{encode_id('dp', dispute_id)}'", param="dispute")
    return dispute


@joins_transaction
def lock_dispute_of_reference(
    *, merchant_id: UUID, psp_account_id: UUID, psp_reference: str
) -> Dispute | None:
    """The dispute that a PSP knows by this reference, if we do."""
    rows = Dispute.objects.for_merchant(merchant_id).select_related(
        "merchant", "psp_account", "attempt", "payment_intent"
    )
    return (
        rows.select_for_update(of=("self",))
        .filter(psp_account_id=psp_account_id, psp_reference=psp_reference)
        .first()
    )


@joins_transaction
def lock_order(*, merchant_id: UUID, order_id: UUID) -> DisputeOrder:
    """The order; its dispute is locked before it."""
    order = (
        DisputeOrder.objects.for_merchant(merchant_id)
        .select_for_update(of=("self",))
        .filter(pk=order_id)
        .first()
    )
    if order is None:
        raise ResourceMissing("No such order.", param="order")
    return order


@joins_transaction
def lock_fraud_warning_of_reference(
    *, merchant_id: UUID, psp_account_id: UUID, psp_reference: str
) -> FraudWarning:
    """The warning that a PSP knows by this reference. Raises ResourceMissing."""
    rows = FraudWarning.objects.for_merchant(merchant_id).select_related("merchant", "attempt")
    warning = (
        rows.select_for_update(of=("self",))
        .filter(psp_account_id=psp_account_id, psp_reference=psp_reference)
        .first()
    )
    if warning is None:
        raise ResourceMissing("No such early fraud warning.", param="early_fraud_warning")
    return warning


@joins_transaction
def lock_monitoring_figure(*, merchant_id: UUID, program: str, month: date) -> MonitoringFigure:
    """The figure of a program and month, which is there."""
    rows = MonitoringFigure.objects.for_merchant(merchant_id).select_for_update(of=("self",))
    return rows.get(program=program, month=month)


@joins_transaction
def lock_desk(merchant_id: UUID) -> None:
    """What a merchant's people write for all of its disputes, texts and rules, is written one at a time: also what is
    not there yet, of which no row can be locked."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"disputes.desk:{merchant_id}"]
        )


@joins_transaction
def lock_dispute_policy(*, merchant_id: UUID) -> DisputePolicy | None:
    """The merchant's policy, if it has one."""
    rows = DisputePolicy.objects.for_merchant(merchant_id).select_for_update(of=("self",))
    return rows.first()


@joins_transaction
def claim_due_disputes(*, now: datetime, limit: int) -> list[Dispute]:
    """Disputes for which the clock alone changes something now, whoever's, past those that another sweep holds."""
    rows = Dispute.across_merchants.filter(next_action_at__lte=now).order_by("next_action_at")
    return list(rows.select_for_update(of=("self",), skip_locked=True)[:limit])


@joins_transaction
def claim_due_orders(*, now: datetime, limit: int) -> list[DisputeOrder]:
    """Orders whose outcome is to be asked for, or which nobody has taken up."""
    rows = DisputeOrder.across_merchants.filter(next_check_at__lte=now).order_by("next_check_at")
    return list(rows.select_for_update(of=("self",), skip_locked=True)[:limit])
