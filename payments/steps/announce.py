"""Publish what happened to payments: rows in the caller's transaction, each with the object as it now stands."""

from __future__ import annotations

from foundation.events.publishing import NewEvent, publish_all
from foundation.transactions import joins_transaction
from payments import events
from payments.models import (
    Customer,
    PaymentAttempt,
    PaymentIntent,
    PaymentMethod,
    Payout,
    Refund,
    SetupIntent,
)
from payments.shapes import (
    charge_shape,
    customer_shape,
    payment_intent_shape,
    payment_method_shape,
    payout_shape,
    refund_shape,
    setup_intent_shape,
)


@joins_transaction
def announce_payment(intent: PaymentIntent, *types: str, attempt: PaymentAttempt | None = None) -> None:
    """Events of an intent and, for the types that begin with `charge.`, of its attempt; one INSERT for all."""
    livemode = intent.merchant.livemode
    new = []
    for type_ in types:
        if type_.startswith("charge."):
            assert attempt is not None, "an event of a charge names its attempt"
            data, object_type, row = charge_shape(attempt, intent, livemode=livemode), "charge", attempt.id
        else:
            data, object_type, row = (
                payment_intent_shape(intent, livemode=livemode),
                "payment_intent",
                intent.id,
            )
        new.append(
            NewEvent(
                merchant_id=intent.merchant_id, type=type_, object_type=object_type, object_id=row, data=data
            )
        )
    publish_all(new)


@joins_transaction
def announce_refund(
    refund: Refund, *types: str, intent: PaymentIntent, attempt: PaymentAttempt | None = None
) -> None:
    """Events of a refund; `charge.refunded` carries the charge."""
    new = []
    for type_ in types:
        if type_.startswith("charge."):
            assert attempt is not None, "an event of a charge names its attempt"
            data = charge_shape(attempt, intent, livemode=intent.merchant.livemode)
            object_type, row = "charge", attempt.id
        else:
            data, object_type, row = refund_shape(refund), "refund", refund.id
        new.append(
            NewEvent(
                merchant_id=refund.merchant_id, type=type_, object_type=object_type, object_id=row, data=data
            )
        )
    publish_all(new)


@joins_transaction
def announce_customer(customer: Customer, type_: str) -> None:
    data = customer_shape(customer, livemode=customer.merchant.livemode)
    _announce_one(customer, type_, "customer", data)


@joins_transaction
def announce_payment_method(method: PaymentMethod, type_: str) -> None:
    data = payment_method_shape(method, livemode=method.merchant.livemode)
    _announce_one(method, type_, "payment_method", data)


@joins_transaction
def announce_setup_intent(setup: SetupIntent, type_: str) -> None:
    data = setup_intent_shape(setup, livemode=setup.merchant.livemode)
    _announce_one(setup, type_, "setup_intent", data)


@joins_transaction
def announce_payout(payout: Payout, *types: str, status_before: str | None) -> None:
    """status_before: what payout.updated names as the former status; None when this is its first news."""
    data = payout_shape(payout, livemode=payout.merchant.livemode)
    publish_all(
        [
            NewEvent(
                merchant_id=payout.merchant_id,
                type=type_,
                object_type="payout",
                object_id=payout.id,
                data=data,
                previous_attributes={"status": status_before}
                if type_ == events.PAYOUT_UPDATED and status_before
                else None,
            )
            for type_ in types
        ]
    )


def _announce_one(row, type_: str, object_type: str, data: dict[str, object]) -> None:  # type: ignore[no-untyped-def]
    publish_all(
        [
            NewEvent(
                merchant_id=row.merchant_id, type=type_, object_type=object_type, object_id=row.id, data=data
            )
        ]
    )
