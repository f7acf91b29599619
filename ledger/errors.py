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


class PeriodClosed(DomainError):
    """The entry is dated inside a closed period: date it in the open one, or have the period opened again."""

    code = "ledger_period_closed"
    http_status = 409
    message = "The books are closed for this date."


class PeriodInvalid(DomainError):
    """A period ends after the last closed one, and at least an hour ago."""

    code = "ledger_period_invalid"
    message = "The books cannot be closed up to this instant."


class PeriodNotLast(DomainError):
    code = "ledger_period_not_last"
    http_status = 409
    message = "Only the last closed period can be opened again."


class SecondPersonNeeded(DomainError):
    """Whoever asked, or closed, may not also approve, refuse or open again."""

    code = "ledger_second_person_needed"
    http_status = 403
    message = "Another person has to do this."


class AdjustmentDecided(DomainError):
    code = "ledger_adjustment_decided"
    http_status = 409
    message = "The adjustment has been decided already."


class AdjustmentDiffers(DomainError):
    """What is to be approved is not what the approver was shown, or the id is taken by another request."""

    code = "ledger_adjustment_differs"
    http_status = 409
    message = "The adjustment is not the one that was shown."


class AdjustmentAccountRefused(DomainError):
    """Memo accounts follow their holds and fx accounts their exchanges: nobody adjusts them by hand."""

    code = "ledger_adjustment_account_refused"
    message = "Memo and fx accounts are not adjusted by hand."


class RateDoesNotFit(DomainError):
    """The amounts of an exchange are not each other's at the rate given, within its last digit."""

    code = "ledger_rate_does_not_fit"
    http_status = 500
    error_type = "api_error"
    message = "The amounts of the exchange do not fit its rate."
