"""The lock of the seal chain: two sealers may run, one of them seals."""

from __future__ import annotations

from django.db import connection

from foundation.transactions import joins_transaction

# Any constant that nobody else takes: "SEAL" in ASCII.
_CHAIN = 0x5345414C


@joins_transaction
def claim_seal_chain() -> bool:
    """Hold the chain's end until the transaction does; False while another sealer holds it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_CHAIN])
        return bool(cursor.fetchone()[0])
