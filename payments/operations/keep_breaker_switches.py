"""Have the circuits in Redis stand as people decided: Redis may have been away, flushed or replaced."""

from __future__ import annotations

from foundation import ids
from foundation.resilience import breaker
from foundation.resilience.circuits import Switch
from foundation.resilience.redis_client import RedisDown
from foundation.transactions import outside_transaction
from payments.models import PspAccount
from payments.psp.admission import circuit_of
from payments.queries.breakers import list_standing_switches


@outside_transaction
def keep_breaker_switches() -> int:
    """Answers how many circuits had to be set right.

    Writes nothing but Redis. Safe to repeat: a circuit that stands as decided is left alone.
    """
    standing = list_standing_switches()
    circuits = [
        circuit_of(ids.encode_id(PspAccount.public_prefix, one.psp_account_id), one.operation)
        for one in standing
    ]
    mended = 0
    for decided, reading in zip(standing, breaker.read(circuits), strict=True):
        if reading.switch.value == decided.position:
            continue
        try:
            breaker.switch(reading.circuit, Switch(decided.position))
        except RedisDown:
            # The next tick finds it as it is now.
            return mended
        mended += 1
    return mended
