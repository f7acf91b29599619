"""What kinds of entries mean to a PSP: pushed down from the floors above, since the ledger knows no payment.

    register_movement("payment_captured", "charge")      # from an AppConfig.ready
    register_movement("psp_fee", "charge", is_fee=True)  # all of such an entry is the fee of the charge it names

A line of a statement and an entry are compared only when they are of one movement. An entry that moves money from
a clearing account into transit is a payout whatever its kind; an unregistered kind is `other`.
"""

from __future__ import annotations

CHARGE = "charge"
REFUND = "refund"
REFUND_FAILURE = "refund_failure"
PAYOUT = "payout"
DISPUTE = "dispute"
FEE = "fee"
OTHER = "other"

MOVEMENTS = (CHARGE, REFUND, REFUND_FAILURE, PAYOUT, DISPUTE, FEE, OTHER)

WRITE_OFF = "reconciliation_write_off"
"""The kind of entries that write a break off: they are its end, and no PSP will ever tell of them."""

_movements: dict[str, str] = {}
_fees: set[str] = set()


def register_movement(entry_kind: str, movement: str, *, is_fee: bool = False) -> None:
    """Say which movement entries of a kind are. A kind is said once. is_fee: they book fees and nothing else, more
    of them or less."""
    if movement not in MOVEMENTS:
        raise ValueError(f"{movement!r} is no movement; they are {', '.join(MOVEMENTS)}.")
    if _movements.setdefault(entry_kind, movement) != movement:
        raise ValueError(f"Entries of kind {entry_kind} are {_movements[entry_kind]} already.")
    if is_fee:
        _fees.add(entry_kind)


def registered_movements() -> dict[str, str]:
    return dict(_movements)


def is_fee_kind(entry_kind: str) -> bool:
    return entry_kind in _fees
