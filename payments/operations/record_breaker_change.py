"""Tell the merchant's other systems that calls to a PSP are cut off, or flow again."""

from __future__ import annotations

from foundation import ids
from foundation.events.publishing import publish
from foundation.ids import PublicIdInvalid
from foundation.resilience.circuits import Change
from foundation.transactions import owns_transaction
from payments import events
from payments.models import PspAccount


@owns_transaction
def record_breaker_change(*, change: Change) -> bool:
    """Answers whether it was told: a circuit whose subject is no PSP account of ours is nobody's news.

    Writes: event psp_account.breaker_changed. Safe to repeat: it is told twice.
    """
    try:
        account_id = ids.decode_id(PspAccount.public_prefix, change.circuit.subject)
    except PublicIdInvalid:
        return False
    # A circuit names its account alone, whoever's it is.
    account = PspAccount.across_merchants.filter(pk=account_id).first()
    if account is None:
        return False
    publish(
        merchant_id=account.merchant_id,
        type=events.PSP_ACCOUNT_BREAKER_CHANGED,
        object_type="psp_account",
        object_id=account.id,
        data={
            "id": account.public_id,
            "object": "psp_account",
            "name": account.name,
            "psp": account.psp,
            "breaker": {
                "operation": change.circuit.operation,
                "state": change.after.value,
                "previous_state": change.before.value,
            },
        },
    )
    return True
