"""Holds: open one, raise it, settle it in full or in parts, give it back. The memo accounts always carry what remains.

A hold is not money: the entry that moves money (a capture) is posted by the caller, in the same transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from foundation import clock
from foundation.ids import new_id
from foundation.money import Money
from foundation.transactions import joins_transaction
from ledger.errors import HoldExceeded, LedgerReferenceReused
from ledger.locks import lock_hold
from ledger.models import Hold
from ledger.paths import MEMO_AUTHORIZATION_CONTRA, MEMO_AUTHORIZED
from ledger.queries.entries import has_entry
from ledger.steps.lines import Line, NewEntry, PostedEntry
from ledger.steps.post_entry import post_linked_entry


@dataclass(frozen=True, slots=True)
class HeldAmount:
    """amount = posted + released + remaining. status: pending, posted, released or expired."""

    id: UUID
    reference: str
    amount: Money
    posted: Money
    released: Money
    remaining: Money
    status: str


@joins_transaction
def open_hold(
    *,
    merchant_id: UUID,
    reference: str,
    amount: Money,
    source_kind: str,
    source_id: UUID | None,
    effective_at: datetime,
    external_reference: str = "",
) -> HeldAmount:
    """Set an amount aside.

    amount: minor units, above zero. reference: unique among the merchant's holds, at most 100 characters.
    Raises: LedgerReferenceReused when the reference holds another amount.
    Writes: one Hold; one JournalEntry debiting memo/authorized, crediting memo/authorization_contra.
    Safe to repeat: by the reference; answers the hold as it stands now.
    """
    hold = Hold(
        id=new_id(),
        merchant_id=merchant_id,
        reference=reference,
        currency=amount.currency,
        amount_minor=amount.amount_minor,
        remaining_minor=amount.amount_minor,
        source_kind=source_kind,
        source_id=source_id,
        external_reference=external_reference,
    )
    Hold.objects.for_merchant(merchant_id).bulk_create([hold], ignore_conflicts=True)
    standing = lock_hold(merchant_id, reference)
    if standing.amount != amount:
        raise LedgerReferenceReused(f"Hold {reference} holds {standing.amount}, not {amount}.")
    if standing.id == hold.id:
        _post_memo(standing, "hold_opened", _entry_reference(reference, "opened"), amount, effective_at)
    return _held(standing)


@joins_transaction
def raise_hold(
    *, merchant_id: UUID, hold_reference: str, reference: str, amount: Money, effective_at: datetime
) -> HeldAmount:
    """Set more aside in a hold that stands.

    amount: what is held on top, in minor units above zero, in the hold's currency. reference: of this raise, at
    most 100 characters, unique within the hold.
    Raises: ResourceMissing; HoldExceeded when the hold has ended; LedgerReferenceReused when it was another amount.
    Writes: the Hold; one JournalEntry debiting memo/authorized, crediting memo/authorization_contra.
    Safe to repeat: by the reference; answers the hold as it stands now.
    """
    hold = lock_hold(merchant_id, hold_reference)
    entry_reference = _entry_reference(hold_reference, f"raised:{reference}")
    if not hold.remaining_minor and not has_entry(merchant_id, entry_reference):
        raise HoldExceeded(f"Hold {hold_reference} has ended and can not be raised.")
    if _post_memo(hold, "hold_opened", entry_reference, amount, effective_at).is_new:
        hold.amount_minor += amount.amount_minor
        hold.remaining_minor += amount.amount_minor
        hold.save(update_fields=["amount_minor", "remaining_minor"])
    return _held(hold)


@joins_transaction
def settle_hold(
    *,
    merchant_id: UUID,
    hold_reference: str,
    reference: str,
    amount: Money,
    effective_at: datetime,
    is_final: bool = True,
) -> HeldAmount:
    """Take an amount out of a hold because it is now moved for good; a final settlement releases the rest.

    amount: minor units, above zero, in the hold's currency. reference: of this settlement (the capture), at
    most 100 characters, unique within the hold. is_final=False keeps the rest held for a further settlement.
    Raises: ResourceMissing; HoldExceeded; LedgerReferenceReused when the settlement was of another amount.
    Writes: the Hold; a JournalEntry for the amount and one for a released rest.
    Safe to repeat: by the reference; answers the hold as it stands now.
    """
    hold = lock_hold(merchant_id, hold_reference)
    entry_reference = _entry_reference(hold_reference, f"posted:{reference}")
    if amount > hold.remaining and not has_entry(merchant_id, entry_reference):
        raise HoldExceeded(f"{amount} exceeds the {hold.remaining} that remain of hold {hold_reference}.")
    if not _post_memo(hold, "hold_posted", entry_reference, -amount, effective_at).is_new:
        return _held(hold)
    hold.posted_minor += amount.amount_minor
    hold.remaining_minor -= amount.amount_minor
    if is_final and hold.remaining_minor:
        _release_rest(hold, effective_at)
    if not hold.remaining_minor:
        hold.post()
        hold.ended_at = clock.now()
    hold.save(update_fields=["posted_minor", "released_minor", "remaining_minor", "status", "ended_at"])
    return _held(hold)


@joins_transaction
def release_hold(
    *, merchant_id: UUID, hold_reference: str, effective_at: datetime, is_expired: bool = False
) -> HeldAmount:
    """Give back what remains of a hold: somebody cancelled it, or it lapsed (is_expired).

    Raises: ResourceMissing.
    Writes: the Hold; one JournalEntry. A hold of which a part was settled ends as posted.
    Safe to repeat: a hold that has ended is answered as it is.
    """
    hold = lock_hold(merchant_id, hold_reference)
    if not hold.remaining_minor:
        return _held(hold)
    _release_rest(hold, effective_at)
    if hold.posted_minor:
        hold.post()
    elif is_expired:
        hold.expire()
    else:
        hold.release()
    hold.ended_at = clock.now()
    hold.save(update_fields=["released_minor", "remaining_minor", "status", "ended_at"])
    return _held(hold)


def _release_rest(hold: Hold, effective_at: datetime) -> None:
    rest = hold.remaining
    _post_memo(hold, "hold_released", _entry_reference(hold.reference, "released"), -rest, effective_at)
    hold.released_minor += rest.amount_minor
    hold.remaining_minor = 0


def _post_memo(hold: Hold, kind: str, reference: str, amount: Money, effective_at: datetime) -> PostedEntry:
    entry = NewEntry(
        kind=kind,
        reference=reference,
        lines=[Line(MEMO_AUTHORIZED, amount), Line(MEMO_AUTHORIZATION_CONTRA, -amount)],
        effective_at=effective_at,
        source_kind=hold.source_kind,
        source_id=hold.source_id,
        external_reference=hold.external_reference,
    )
    return post_linked_entry(hold.merchant_id, entry, hold=hold.id)


def _entry_reference(hold_reference: str, what: str) -> str:
    return f"hold:{hold_reference}:{what}"


def _held(hold: Hold) -> HeldAmount:
    return HeldAmount(
        id=hold.id,
        reference=hold.reference,
        amount=hold.amount,
        posted=Money(hold.posted_minor, hold.currency),
        released=Money(hold.released_minor, hold.currency),
        remaining=hold.remaining,
        status=hold.status,
    )
