"""What may be done to the books, each inside the caller's transaction.

Floors above import from here only, and only in their own post_to_ledger step.
"""

from ledger.steps.exchange import Conversion, post_exchange, post_exchanges_of, refuse_unless_at_rate
from ledger.steps.hold import HeldAmount, open_hold, raise_hold, release_hold, settle_hold
from ledger.steps.lines import Line, NewEntry, PostedEntry
from ledger.steps.open_account import open_account
from ledger.steps.post_entries import post_entries
from ledger.steps.post_entry import post_entry
from ledger.steps.reverse_entry import reverse_entry

__all__ = [
    "Conversion",
    "HeldAmount",
    "Line",
    "NewEntry",
    "PostedEntry",
    "open_account",
    "open_hold",
    "post_entries",
    "post_entry",
    "post_exchange",
    "post_exchanges_of",
    "raise_hold",
    "refuse_unless_at_rate",
    "release_hold",
    "reverse_entry",
    "settle_hold",
]
