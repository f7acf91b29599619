"""Publish what happened to disputes: rows in the caller's transaction, each with the object as it now stands."""

from __future__ import annotations

from collections.abc import Sequence

from disputes.models import Dispute, FraudWarning
from disputes.queries.disputes import list_movements
from disputes.shapes import dispute_shape, fraud_warning_shape
from foundation.events.publishing import NewEvent, publish_all
from foundation.transactions import joins_transaction


@joins_transaction
def announce_dispute(dispute: Dispute, types: Sequence[str]) -> None:
    """One INSERT for all; nothing for none."""
    if not types:
        return
    data = dispute_shape(dispute, movements=list(list_movements(dispute)), livemode=dispute.merchant.livemode)
    publish_all(
        [
            NewEvent(
                merchant_id=dispute.merchant_id,
                type=type_,
                object_type="dispute",
                object_id=dispute.id,
                data=data,
            )
            for type_ in types
        ]
    )


@joins_transaction
def announce_fraud_warning(warning: FraudWarning, type_: str) -> None:
    publish_all(
        [
            NewEvent(
                merchant_id=warning.merchant_id,
                type=type_,
                object_type="radar.early_fraud_warning",
                object_id=warning.id,
                data=fraud_warning_shape(warning, livemode=warning.merchant.livemode),
            )
        ]
    )
