"""What reconciliation refuses."""

from __future__ import annotations

from foundation.errors import DomainError


class StatementUnreadable(DomainError):
    """The file as a whole is not of its format: no header, broken XML, not text. Single bad lines are kept."""

    code = "statement_unreadable"
    message = "This file cannot be read as a statement of the format given."


class BreakNotOpen(DomainError):
    code = "reconciliation_break_not_open"
    http_status = 409
    message = "This break is not open any more, or waits for somebody else's decision."


class WriteOffImpossible(DomainError):
    """The difference is zero or in a currency that ISO 4217 does not know: there is nothing to post."""

    code = "reconciliation_write_off_impossible"
    message = "There is nothing to write off: the difference is zero, or its currency is unknown."


class TwoPeopleNeeded(DomainError):
    code = "reconciliation_two_people_needed"
    http_status = 409
    message = "A write-off is asked for by one person and decided by another."


class MatchImpossible(DomainError):
    code = "reconciliation_match_impossible"
    message = "The line and the entry are not both unmatched and on the same account."


class BreakFileCommitted(DomainError):
    code = "reconciliation_break_file_committed"
    http_status = 409
    message = "This file is committed already."


class BreakFileInvalid(DomainError):
    code = "reconciliation_break_file_invalid"
    message = "This is not a file of breaks as it was downloaded."
