"""What a bank's free text says about a payout: the PSP's name of it, when the PSP put it there."""

from __future__ import annotations

import re

# Stripe's ids of payouts, whose underscores SWIFT's alphabet has not and banks write as hyphens; Adyen's transfer
# references.
_PAYOUT = re.compile(r"\bpo[_-][A-Za-z0-9_-]{3,}|\bTX[A-Za-z0-9]{6,}XT\b")
_NOTHING = frozenset({"", "NONREF", "NOTPROVIDED", "NOT PROVIDED"})


def payout_reference(*texts: str) -> str:
    """The first payout's id in the texts, else the first text that is a reference at all; may be empty."""
    for text in texts:
        if found := _PAYOUT.search(text):
            return found.group().replace("-", "_")
    first = next((text for text in texts if text.strip().upper() not in _NOTHING), "")
    return first.strip()[:64] if " " not in first.strip() else ""
