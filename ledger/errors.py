"""What the ledger refuses, each with its stable code.

An unbalanced or misnamed entry is a mistake of the code that posts, never of the API's caller: those are
500s.
"""

from __future__ import annotations

from foundation.errors import DomainError


class LedgerReferenceReused(DomainError):
    """The reference is taken by an entry, hold or account declaration with other content."""

    code = "ledger_reference_reused"
    http_status = 409
    message = "This ledger reference is already used with different lines."


class EntryMalformed(DomainError):
    """Fewer than two lines, a line of zero, or debits that differ from credits in some currency."""

    code = "ledger_entry_malformed"
    http_status = 500
    error_type = "api_error"
    message = "A ledger entry needs at least two lines that sum to zero per currency."


class AccountPathInvalid(DomainError):
    code = "ledger_account_path_invalid"
    http_status = 500
    error_type = "api_error"
    message = "This is not the path of a ledger account."


class AccountGuardDiffers(DomainError):
    code = "ledger_account_guard_differs"
    http_status = 500
    error_type = "api_error"
    message = "The ledger account is open already, with another guard."


class AccountBelowZero(DomainError):
    """A guarded account would have gone below zero on its normal side."""

    code = "ledger_account_below_zero"
    message = "The balance does not cover this amount."


class EntryAlreadyReversed(DomainError):
    code = "ledger_entry_already_reversed"
    http_status = 409
    message = "The ledger entry has been reversed already."


class HoldExceeded(DomainError):
    """More was to be posted from a hold than remains in it."""

    code = "ledger_hold_exceeded"
    message = "The amount exceeds what is still held."


class EntryBelongsToHold(DomainError):
    """Reversing it would part the hold from its memo postings: settle or release the hold instead."""

    code = "ledger_entry_belongs_to_hold"
    http_status = 500
    error_type = "api_error"
    message = "An entry of a hold is not reversed by itself."
