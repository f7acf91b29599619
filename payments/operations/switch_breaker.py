"""Switch a circuit by hand: off, on whatever happens, or back to deciding by itself."""

from __future__ import annotations

from uuid import UUID

from foundation.context import current
from foundation.resilience import breaker
from foundation.resilience.circuits import Switch
from foundation.resilience.redis_client import RedisDown
from foundation.transactions import outside_transaction, owns_transaction
from payments.errors import BreakerUnknown
from payments.models import BreakerPosition, BreakerSwitch
from payments.psp.admission import circuit_of
from payments.psp.guard import OPERATIONS
from payments.queries.psp_accounts import get_psp_account


@outside_transaction
def switch_breaker(
    *, merchant_id: UUID, psp_account_id: UUID, operation: str, position: BreakerPosition, reason: str
) -> bool:
    """Answers whether it holds already; else Redis is away, and it holds as soon as that is back.

    Raises: ResourceMissing, BreakerUnknown. Writes: the decision with who and why; the circuit in Redis.
    Safe to repeat: the newest decision holds.
    """
    if operation not in OPERATIONS:
        raise BreakerUnknown(f"There is no breaker for {operation!r}.", param="operation")
    account_public_id = _record(merchant_id, psp_account_id, operation, position, reason)
    try:
        breaker.switch(circuit_of(account_public_id, operation), Switch(position.value))
    except RedisDown:
        return False
    return True


@owns_transaction
def _record(
    merchant_id: UUID, psp_account_id: UUID, operation: str, position: BreakerPosition, reason: str
) -> str:
    account = get_psp_account(merchant_id=merchant_id, psp_account_id=psp_account_id)
    BreakerSwitch(
        merchant_id=merchant_id,
        psp_account_id=account.id,
        operation=operation,
        position=position,
        reason=reason,
        decided_by=current().actor[:128],
    ).save(force_insert=True)
    return str(account.public_id)
