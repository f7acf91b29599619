"""Sealed books for the tests of the seals."""

from __future__ import annotations

from typing import Any

from django.db import connection

from foundation.audit.comparing import Findings
from foundation.audit.operations.seal_rows import seal_rows
from foundation.audit.reading import find_last_seal, get_signing_key
from foundation.audit.verifying import verify_seals, verify_unsealed
from foundation.events.publishing import publish
from foundation.ids import new_id
from foundation.tenancy.models import Merchant
from foundation.transactions import owns_transaction
from tests.ledger.books import captured, post, wait_for_older_transactions

SEALED = ("foundation_auditevent", "foundation_event", "ledger_journalentry", "ledger_posting")


def business(merchant: Merchant, *references: str) -> None:
    """One captured payment of ten dollars for each reference: an entry with two postings, an event."""
    for reference in references:
        post(merchant_id=merchant.id, reference=reference, lines=captured(1_000))
        tell(merchant_id=merchant.id)


@owns_transaction
def tell(*, merchant_id: Any) -> None:
    publish(
        merchant_id=merchant_id,
        type="charge.captured",
        object_type="charge",
        object_id=new_id(),
        data={"object": "charge", "amount": 1_000},
    )


def seal_all(**limits: int) -> list[int]:
    """Seal everything written so far; the numbers of the seals made."""
    wait_for_older_transactions()
    return seal_rows(**limits)


def ids_of(table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id::text FROM {table} ORDER BY id")
        return [key for (key,) in cursor.fetchall()]


def verified() -> Findings:
    """What the verifier says of all seals and of the rows behind them."""
    findings = Findings()
    for window in verify_seals(get_signing_key().verifying):
        findings.join(window.findings)
    findings.join(verify_unsealed(find_last_seal())[1])
    return findings


def named(findings: Findings) -> list[tuple[str, int | None, str | None, str | None]]:
    """(what happened, seal, table, key) of the first findings."""
    return [(one.kind, one.seal, one.table, one.key) for one in findings.first]
