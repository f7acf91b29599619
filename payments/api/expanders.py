"""What can be expanded in the shapes of payments; loaded in batches, registered when the app is ready."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from foundation import ids
from foundation.http.expanding import register_expander, register_inclusion
from foundation.http.pagination import list_shape
from foundation.tenancy.queries import get_merchant
from payments.api.views.charges import charge_of
from payments.models import Customer
from payments.queries.balance import read_balance_transactions
from payments.queries.customers import list_payment_methods
from payments.queries.payment_intents import list_charges, list_payment_intents, list_refunds
from payments.shapes import (
    balance_transaction_shape,
    customer_shape,
    deleted_customer_shape,
    payment_intent_shape,
    payment_method_shape,
    refund_shape,
)

REFUNDS_SHOWN = 10
Shapes = Mapping[str, dict[str, Any]]


def _decoded(prefix: str, public_ids: Sequence[str]) -> list[UUID]:
    return [ids.decode_id(prefix, public_id) for public_id in public_ids]


def load_customers(merchant_id: UUID, public_ids: Sequence[str]) -> Shapes:
    livemode = get_merchant(merchant_id).livemode
    rows = Customer.objects.for_merchant(merchant_id).filter(pk__in=_decoded("cus", public_ids))
    return {
        row.public_id: deleted_customer_shape(row)
        if row.deleted_at
        else customer_shape(row, livemode=livemode)
        for row in rows
    }


def load_payment_methods(merchant_id: UUID, public_ids: Sequence[str]) -> Shapes:
    livemode = get_merchant(merchant_id).livemode
    rows = list_payment_methods(merchant_id=merchant_id).filter(pk__in=_decoded("pm", public_ids))
    return {row.public_id: payment_method_shape(row, livemode=livemode) for row in rows}


def load_payment_intents(merchant_id: UUID, public_ids: Sequence[str]) -> Shapes:
    livemode = get_merchant(merchant_id).livemode
    rows = list_payment_intents(merchant_id=merchant_id).filter(pk__in=_decoded("pi", public_ids))
    return {row.public_id: payment_intent_shape(row, livemode=livemode) for row in rows}


def load_charges(merchant_id: UUID, public_ids: Sequence[str]) -> Shapes:
    livemode = get_merchant(merchant_id).livemode
    rows = list_charges(merchant_id=merchant_id).filter(pk__in=_decoded("ch", public_ids))
    return {row.public_id: charge_of(row, livemode=livemode) for row in rows}


def load_balance_transactions(merchant_id: UUID, public_ids: Sequence[str]) -> Shapes:
    transactions = read_balance_transactions(merchant_id=merchant_id, entry_ids=_decoded("txn", public_ids))
    shapes = [balance_transaction_shape(transaction) for transaction in transactions]
    return {shape["id"]: shape for shape in shapes}


def load_refunds_of_charges(merchant_id: UUID, charge_ids: Sequence[str]) -> Shapes:
    """The newest refunds of each charge, as the list Stripe shows inside a charge."""
    attempts = dict(zip(_decoded("ch", charge_ids), charge_ids, strict=True))
    found: dict[UUID, list[dict[str, Any]]] = {attempt_id: [] for attempt_id in attempts}
    for refund in list_refunds(merchant_id=merchant_id).filter(attempt_id__in=attempts).order_by("-id"):
        found[refund.attempt_id].append(refund_shape(refund))
    return {
        attempts[attempt_id]: list_shape(
            f"/v1/charges/{attempts[attempt_id]}/refunds",
            shapes[:REFUNDS_SHOWN],
            has_more=len(shapes) > REFUNDS_SHOWN,
        )
        for attempt_id, shapes in found.items()
    }


EXPANDABLE: dict[str, dict[str, Callable[[UUID, Sequence[str]], Shapes]]] = {
    "payment_intent": {
        "customer": load_customers,
        "latest_charge": load_charges,
        "payment_method": load_payment_methods,
    },
    "charge": {
        "balance_transaction": load_balance_transactions,
        "customer": load_customers,
        "payment_intent": load_payment_intents,
    },
    "refund": {
        "balance_transaction": load_balance_transactions,
        "charge": load_charges,
        "failure_balance_transaction": load_balance_transactions,
        "payment_intent": load_payment_intents,
    },
    "payment_method": {"customer": load_customers},
    "payout": {
        "balance_transaction": load_balance_transactions,
        "failure_balance_transaction": load_balance_transactions,
    },
    "setup_intent": {"customer": load_customers, "payment_method": load_payment_methods},
    "customer": {"invoice_settings.default_payment_method": load_payment_methods},
}


def register_expanders() -> None:
    for object_type, fields in EXPANDABLE.items():
        for field, loader in fields.items():
            register_expander(object_type, field, loader)
    register_inclusion("charge", "refunds", load_refunds_of_charges)
